"""What was taken of a component, and which of it an epoch of the mixture holds."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate

import xxhash

from mintza.records import ComponentCount
from mintza.train.schedule import shuffled
from mintza.train.settings import PrepareSettings
from mintza.train.spool import Spool


class Taken:
    """The records of one component, by number; their pieces lie in a spool."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._firsts = array("q", [len(spool)])
        self._supervised = array("q")
        self._documents = bytearray()

    def add(self, pieces: Iterable[int], supervised: Iterable[int], documents: bytes) -> None:
        """More records: how many pieces and supervised tokens each has, and 1 where it is a document."""
        for count in pieces:
            self._firsts.append(self._firsts[-1] + count)
        self._supervised.extend(supervised)
        self._documents += documents

    def __len__(self) -> int:
        return len(self._documents)

    def pieces(self, record: int) -> range:
        """Numbers of a record's pieces in the spool."""
        return range(self._firsts[record], self._firsts[record + 1])

    def tokens(self, record: int) -> int:
        """Tokens of a record."""
        return sum(map(self._spool.length, self.pieces(record)))

    def in_one_epoch(self, settings: PrepareSettings, name: str, seed: int) -> Sequence[int]:
        """Numbers of the records that an epoch of the mixture holds: whole rounds, and a seeded sample for what is left.

        By weight, the sample is a share of the records; by budget, as many of it, in a seeded order, as the tokens suffice for.
        """
        around = xxhash.xxh3_64_intdigest(name.encode())
        budget = settings.token_budgets.get(name)
        if budget is None:
            weight = settings.weights.get(name, 1.0)
            rounds = int(weight)
            sample = shuffled(len(self), seed, around)[: round((weight - rounds) * len(self))]
        else:
            each = [self.tokens(record) for record in range(len(self))]
            rounds, left = divmod(budget, sum(each) or budget + 1)
            order = shuffled(len(self), seed, around)
            used = accumulate(each[record] for record in order)
            sample = order[: sum(1 for tokens in used if tokens <= left)]
        return [*(record for _ in range(rounds) for record in range(len(self))), *sorted(sample)]

    def may_cut(self, record: int) -> bool:
        """Whether it may be cut to fill a row: documents may, conversations may not."""
        return bool(self._documents[record])

    def count(self, name: str, epoch: Sequence[int], cuts: Mapping[int, int], held_out: int) -> ComponentCount:
        """What these records bring; a record that comes again brings its tokens again.

        cuts: piece -> how often it is cut in this epoch, each time at the cost of one supervised token.  held_out: records set apart.
        """
        used = set(epoch)
        parts = {
            record: len(self.pieces(record)) + sum(cuts.get(piece, 0) for piece in self.pieces(record))
            for record in used
        }
        cut = [record for record in used if parts[record] > 1]
        documents = sum(self._documents[record] for record in used)
        return ComponentCount(
            component=name,
            documents=documents,
            conversations=len(used) - documents,
            tokens=sum(self.tokens(record) for record in epoch),
            supervised_tokens=sum(self._supervised[record] for record in epoch)
            - sum(parts[record] - len(self.pieces(record)) for record in cut),
            split=len(cut),
            parts=sum(parts[record] for record in cut),
            held_out=held_out,
        )


def counted(counts: Sequence[ComponentCount]) -> list[str]:
    """A table of what a mixture holds, in lines of even columns, with a sum where there are several components."""
    head = ("component", "documents", "conversations", "tokens", "supervised", "in parts", "held out")
    names = [count.component for count in counts]
    rows = [(c.documents, c.conversations, c.tokens, c.supervised_tokens, c.split, c.held_out) for c in counts]
    if len(rows) > 1:
        names.append("all")
        rows.append(tuple(map(sum, zip(*rows, strict=True))))  # type: ignore[arg-type]
    cells = [head, *((name, *(f"{number:,}" for number in row)) for name, row in zip(names, rows, strict=True))]
    left, *right = (max(map(len, column)) for column in zip(*cells, strict=True))
    return [
        "  ".join([name.ljust(left), *(cell.rjust(width) for cell, width in zip(numbers, right, strict=True))])
        for name, *numbers in cells
    ]
