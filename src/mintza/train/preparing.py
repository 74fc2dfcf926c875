"""The stage `prepare`, in its order: what is held out, the components, the rows."""

from __future__ import annotations

import hashlib
import json
import shutil
from array import array
from collections import Counter
from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import xxhash

from mintza.errors import TrainingError
from mintza.models.seam import Tokenizer
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import ComponentCount, Verdict
from mintza.train.filling import fill
from mintza.train.held_out import root
from mintza.train.packing import fewest_rows, pack
from mintza.train.reading import Reader, Taught
from mintza.train.rows import INDEX, TEMPLATE, HeldOutRows, RowCounts, RowsIndex, clear, write_rows
from mintza.train.schedule import shuffled
from mintza.train.settings import PrepareSettings
from mintza.train.spool import Spool
from mintza.train.taken import Taken

LOTS = "lots"
FULL = 0.95
"""Share of the rows that is to hold tokens; below, it is said what can be done."""


def prepared(
    settings: PrepareSettings,
    components: Mapping[str, Iterable[Taught]],
    *,
    held_out: Mapping[str, Iterable[Taught]],
    tokenizer: Tokenizer,
    template: ChatTemplate | None,
    workspace: Path,
    seed: int,
    progress: Progress,
    revision: int,
) -> Iterator[ComponentCount | Verdict]:
    """As `mintza.train.stage.prepare`. revision: of that stage; lots of another are not used."""
    clear(workspace)
    decides = _decides(settings, tokenizer, template, revision)
    reader = Reader(settings, tokenizer, template, folder=workspace / LOTS, decides=decides, progress=progress)
    measured = _HeldOut(settings, reader)
    for name, records in held_out.items():
        yield from measured.take(name, records)
    reader.apart = measured.roots
    spool, epoch = Spool(), _Epoch()
    for name, records in components.items():
        taken = yield from reader.take(name, records, spool)
        epoch.add(name, taken, taken.in_one_epoch(settings, name, seed))
    if not epoch.pieces:
        raise _nothing_to_train_on(components)
    progress(0, None, "packing")
    rows = _in_seeded_order(epoch.rows(settings, spool), seed)
    for name, taken, used in epoch.components:
        yield taken.count(name, used, epoch.cuts, measured.records(name))
    train = write_rows(workspace, "train", spool, rows, settings.sequence_length)
    progress(train.counts.rows, train.counts.rows, epoch.said(settings, spool, train.counts))
    apart = write_rows(workspace, "held-out", measured.spool, measured.rows, settings.sequence_length)
    index = RowsIndex(
        sequence_length=settings.sequence_length,
        train=train.counts,
        held_out=apart.counts,
        held_out_of=tuple(measured.of),
        tokenizer=tokenizer.digest,
        largest_id=max(spool.largest_id, measured.spool.largest_id),
        end_of_turn=tuple(sorted(reader.ends)),
        template=template.digest if template else None,
        content=xxhash.xxh3_128_hexdigest((train.content + apart.content).encode()),
    )
    if template is not None:
        (workspace / TEMPLATE).write_text(template.source, encoding="utf-8")
    shutil.rmtree(workspace / LOTS, ignore_errors=True)
    (workspace / INDEX).write_bytes(msgspec.json.format(msgspec.json.encode(index), indent=1))


class _Epoch:
    """What one epoch of the mixture holds. pieces: of the spool, as often as they come.  cuts: piece -> how often it was cut."""

    def __init__(self) -> None:
        self.components: list[tuple[str, Taken, Sequence[int]]] = []
        self.pieces = array("q")
        self.cuts: Counter[int] = Counter()
        self._may_cut = bytearray()

    def add(self, name: str, taken: Taken, used: Sequence[int]) -> None:
        """Records of a component, by number."""
        self.components.append((name, taken, used))
        for record in used:
            pieces = taken.pieces(record)
            self.pieces.extend(pieces)
            self._may_cut += bytes([taken.may_cut(record)]) * len(pieces)

    def rows(self, settings: PrepareSettings, spool: Spool) -> list[list[int]]:
        """All of it in rows: numbers of pieces of the spool, and of parts where pieces were cut."""
        lengths = spool.lengths(self.pieces)
        capacity = settings.sequence_length
        found = fill(
            pack(lengths, capacity),
            lengths,
            capacity,
            may_cut=self._may_cut,
            share=settings.filled,
            shortest=settings.least_part,
        )
        self.cuts.update(self.pieces[part.piece] for part in found.parts)
        self.cuts.subtract(self.pieces[piece] for piece in {part.piece for part in found.parts})
        numbers = [*self.pieces, *(spool.part(self.pieces[part.piece], part.start, part.end) for part in found.parts)]
        return [[numbers[place] for place in row] for row in found.rows]

    def said(self, settings: PrepareSettings, spool: Spool, rows: RowCounts) -> str:
        """How full the rows are, and what that cost."""
        filled = rows.tokens / (rows.rows * settings.sequence_length)
        cut = f"; {len(self.cuts):,} pieces of documents were cut for it" if self.cuts else ""
        bound = self._bound(settings, spool) if filled < FULL else ""
        return f"rows of {settings.sequence_length:,}, {filled:.1%} filled{cut}{bound}"

    def _bound(self, settings: PrepareSettings, spool: Spool) -> str:
        """How full such rows can be at all, and how full longer ones would be."""
        lengths = spool.lengths(self.pieces)
        total, longer = sum(lengths), 2 * settings.sequence_length
        whole = [length for length, may in zip(lengths, self._may_cut, strict=True) if not (may and settings.filled)]
        fewest = fewest_rows(whole, total - sum(whole), settings.sequence_length)
        most = total / (fewest * settings.sequence_length)
        of_longer = total / (len(pack(lengths, longer)) * longer)
        what = "conversations are not cut: " if settings.filled else ""
        return f"; {what}at most {most:.1%} can be, of rows of {longer:,} {of_longer:.1%} would"


class _HeldOut:
    """What loss is measured on. roots: of its records.  rows: of all components, one after the other.  of: which are whose."""

    def __init__(self, settings: PrepareSettings, reader: Reader) -> None:
        self._settings = settings
        self._reader = reader
        self.spool = Spool()
        self.roots: set[str] = set()
        self.rows: list[Sequence[int]] = []
        self.of: list[HeldOutRows] = []

    def take(self, name: str, records: Iterable[Taught]) -> Generator[Verdict, None, None]:
        first = len(self.spool)
        taken = yield from self._reader.take(f"held-out {name}", self._seen(records), self.spool)
        # The same rows whatever the seed, so that the curves of all seeds are measured on the same; nothing is cut to fill them.
        packed = pack(self.spool.lengths(range(first, len(self.spool))), self._settings.sequence_length)
        rows = _in_seeded_order([[first + piece for piece in row] for row in packed], seed=0)
        self.of.append(HeldOutRows(component=name, first=len(self.rows), rows=len(rows), records=len(taken)))
        self.rows += rows

    def records(self, name: str) -> int:
        return sum(part.records for part in self.of if part.component == name)

    def _seen(self, records: Iterable[Taught]) -> Iterator[Taught]:
        for record in records:
            self.roots.add(root(record))
            yield record


def _decides(settings: PrepareSettings, tokenizer: Tokenizer, template: ChatTemplate | None, revision: int) -> str:
    """Digest of all but the records that decides how they are encoded."""
    facts = [revision, settings.bearing(), tokenizer.digest, tokenizer.adds_bos, template.digest if template else None]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def _in_seeded_order(rows: Sequence[list[int]], seed: int) -> list[list[int]]:
    return [rows[row] for row in shuffled(len(rows), seed, 0)]


def _nothing_to_train_on(components: Mapping[str, Any]) -> TrainingError:
    return TrainingError(
        "every component of the mixture is empty, so there is nothing to train on",
        place=f"mixture {'+'.join(components)}",
        remedy="look at what the stages before dropped and why (their verdicts), and give more or loosen a filter",
    )
