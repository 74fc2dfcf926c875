"""Numbers as they are filed: to ten digits, since the last of sixteen hang on the processor that they were computed on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isfinite
from typing import Any

DIGITS = 10
NOUGHT = 1e-11
"""What is nearer to nought than this is what rounding left of it; not so for a p, which may be as small."""


def settled(number: float) -> float:
    """A number to ten significant digits; what is not finite as it is."""
    if not isfinite(number):
        return number
    return float(f"{number:.{DIGITS}g}") if abs(number) >= NOUGHT else 0.0


def settled_or_none(number: float | None) -> float | None:
    """The same; None for None, and for what is not finite: as the end of an interval that there is not."""
    return settled(number) if number is not None and isfinite(number) else None


def settled_rows(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[list[Any]]:
    """Rows with their numbers settled, and None (an empty field) for what is not finite.

    head: names of the columns, of which `p`, `p_holm` and `kendall_p` hold a p.
    """
    of_p = [name == "p" or name.startswith("p_") or name.endswith("_p") for name in head]
    for row in rows:
        yield [_cell(cell, p) if isinstance(cell, float) else cell for cell, p in zip(row, of_p, strict=True)]


def _cell(number: float, p: bool) -> float | None:
    return float(f"{number:.{DIGITS}g}") if p and isfinite(number) else settled_or_none(number)
