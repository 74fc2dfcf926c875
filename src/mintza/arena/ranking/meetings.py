"""Every pair of the ranking: how often one was preferred to the other, and how far that is to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from mintza.arena.ranking.board import Board

SHADES = 9
"""Of the table's cells, from always lost to always won; the middle one is a draw."""


class Meeting(NamedTuple):
    """One model against another. share, low, high: of the points, 0 to 1, a tie half, and the ends of its interval."""

    share: float
    low: float
    high: float
    battles: int

    @property
    def shade(self) -> int:
        """Of the cell, 0 to SHADES - 1."""
        middle = SHADES // 2
        return middle + round((self.share - 0.5) * 2 * middle)


class Row(NamedTuple):
    """One model against each. against: in the order of the rows, None where two never met or are the same."""

    model: str
    against: Sequence[Meeting | None]


def meetings(board: Board, level: float) -> list[Row]:
    """A square table of the models that have met, the strongest overall first.

    Intervals are Wilson's, of battles taken to be apart from each other; ties make them a little wider than they need be.
    """
    points: dict[tuple[str, str], tuple[float, int]] = {}
    for one, other, won, tied, lost in board.pairs:
        battles = won + tied + lost
        points[one, other] = won + tied / 2, battles
        points[other, one] = lost + tied / 2, battles
    met = {name for pair in points for name in pair}
    order = [row.model for row in board.columns["overall"] if row.model in met]
    made = {pair: _meeting(*count, level) for pair, count in points.items()}
    return [Row(one, [made.get((one, other)) for other in order]) for one in order]


def _meeting(won: float, battles: int, level: float) -> Meeting:
    from mintza.stats import wilson

    return Meeting(*wilson(won, battles, level), battles)
