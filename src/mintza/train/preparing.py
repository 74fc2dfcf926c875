"""The stage `prepare`, in its order: what is held out, the components, the rows."""

from __future__ import annotations

import hashlib
import json
import shutil
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
from mintza.train.held_out import root
from mintza.train.packing import pack
from mintza.train.reading import Reader, Taught
from mintza.train.rows import INDEX, TEMPLATE, HeldOutRows, RowsIndex, clear, write_rows
from mintza.train.schedule import shuffled
from mintza.train.settings import PrepareSettings
from mintza.train.spool import Spool

LOTS = "lots"


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
    spool, epoch = Spool(), list[int]()
    for name, records in components.items():
        taken = yield from reader.take(name, records, spool)
        used = taken.in_one_epoch(settings, name, seed)
        epoch += [piece for number in used for piece in taken.pieces(number)]
        yield taken.count(name, used, measured.records(name))
    if not epoch:
        raise _nothing_to_train_on(components)
    progress(0, None, "packing")
    train = write_rows(workspace, "train", spool, _packed(settings, spool, epoch, seed), settings.sequence_length)
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
        # The same rows whatever the seed, so that the curves of all seeds are measured on the same.
        rows = _packed(self._settings, self.spool, range(first, len(self.spool)), seed=0)
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


def _packed(settings: PrepareSettings, spool: Spool, pieces: Sequence[int], seed: int) -> list[list[int]]:
    """Pieces of the spool in rows, the rows in a seeded order."""
    rows = pack(spool.lengths(pieces), settings.sequence_length)
    return [[pieces[number] for number in rows[row]] for row in shuffled(len(rows), seed, 0)]


def _nothing_to_train_on(components: Mapping[str, Any]) -> TrainingError:
    return TrainingError(
        "every component of the mixture is empty, so there is nothing to train on",
        place=f"mixture {'+'.join(components)}",
        remedy="look at what the stages before dropped and why (their verdicts), and give more or loosen a filter",
    )
