"""Several endings of one beginning, as an exam's choices are, scored in one pass: the beginning is read once. No torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

ROW_TOKENS = 1024


class Family(NamedTuple):
    """A beginning and its endings. numbers: which pair each ending is of."""

    context: tuple[int, ...]
    endings: list[tuple[int, ...]]
    numbers: list[int]

    @property
    def size(self) -> int:
        """Tokens that the model reads: the beginning, and of each ending all but its last."""
        return len(self.context) + sum(len(ending) - 1 for ending in self.endings)


class Row(NamedTuple):
    """Families laid out in one row.

    ids, places: what is read, and its position in its own text.  family, branch: of each token; branch -1 is the beginning's.
    looked_at: for each ending, where its ids are predicted.
    """

    ids: list[int]
    places: list[int]
    family: list[int]
    branch: list[int]
    looked_at: list[list[int]]


def families(encoded: Sequence[tuple[Sequence[int], Sequence[int]]], longest: int) -> tuple[list[Family], list[int]]:
    """Pairs that share their context, in order, and the numbers of those that stand alone or are longer than `longest`."""
    found: dict[tuple[int, ...], Family] = {}
    for number, (context, ending) in enumerate(encoded):
        if context and ending and len(context) + len(ending) - 1 <= longest:
            family = found.setdefault(tuple(context), Family(tuple(context), [], []))
            family.endings.append(tuple(ending))
            family.numbers.append(number)
    shared = [family for family in found.values() if len(family.endings) > 1 and family.size <= ROW_TOKENS]
    taken = {number for family in shared for number in family.numbers}
    return shared, [number for number in range(len(encoded)) if number not in taken]


def rows(shared: Sequence[Family]) -> Iterator[list[Family]]:
    """Families in order, as many as fit into a row."""
    row: list[Family] = []
    for family in shared:
        if row and sum(one.size for one in row) + family.size > ROW_TOKENS:
            yield row
            row = []
        row.append(family)
    if row:
        yield row


def laid_out(row: Sequence[Family]) -> Row:
    """The tokens of a row. An ending's first id is predicted at the last of its beginning, the others within the ending."""
    made = Row([], [], [], [], [])
    for number, family in enumerate(row):
        last = len(made.ids) + len(family.context) - 1
        _lay(made, family.context, 0, number, -1)
        for branch, ending in enumerate(family.endings):
            start = len(made.ids)
            _lay(made, ending[:-1], len(family.context), number, branch)
            made.looked_at.append([last, *range(start, len(made.ids))])
    return made


def _lay(row: Row, ids: Sequence[int], place: int, family: int, branch: int) -> None:
    row.ids.extend(ids)
    row.places.extend(range(place, place + len(ids)))
    row.family.extend([family] * len(ids))
    row.branch.extend([branch] * len(ids))
