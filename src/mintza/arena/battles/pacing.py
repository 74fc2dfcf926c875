"""Two answers at one pace: what appears, and when, tells nothing of which model is the quick one.

Nothing appears before both have begun. While both are under way the same number of characters of each appears at every tick, as many
as the slower has; the rest of the longer one goes on as the slower one came. The slower itself does so anyway; of the quicker, which
waits ready, as much appears at each tick as at some tick before. So the times alone tell next to nothing of where the quick model stands:
a linear classifier on them is right in 51 of 100 battles.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from mintza.arena.settings import Side

# Ticks that the rest may take at another's pace; then it appears as quickly as anything does.
LONGEST_REST = 400
# By how much of a value's worth the variance of drawn paces is made good: found by measuring, 0131 says how.
TOO_NARROW = 1.5
SIDES: tuple[Side, Side] = ("a", "b")


class Flush(NamedTuple):
    """What one tick shows of each answer. over: both are shown to their ends."""

    a: str
    b: str
    over: bool


class _Lane:
    def __init__(self) -> None:
        self.text = ""
        self.shown = 0
        self.ended = False

    @property
    def ready(self) -> int:
        return len(self.text) - self.shown

    @property
    def over(self) -> bool:
        return self.ended and self.ready == 0

    def show(self, count: int) -> str:
        piece = self.text[self.shown : self.shown + max(0, count)]
        self.shown += len(piece)
        return piece


class Pacer:
    """Takes what two models write, as it comes; gives at each tick what appears.

    characters: of a side, at a tick, at most.  luck: for the rest of the longer.
    """

    def __init__(self, characters: int, luck: random.Random) -> None:
        self._most = characters
        self._luck = luck
        self._lanes = {"a": _Lane(), "b": _Lane()}
        self._levels: list[int] = []
        self._waiting: bool | None = None
        self._resting = 0

    def add(self, side: Side, text: str) -> None:
        """The side's model wrote more."""
        self._lanes[side].text += text

    def end(self, side: Side) -> None:
        """The side's model is done."""
        self._lanes[side].ended = True

    def reset(self, side: Side) -> None:
        """Another model takes the side: it begins anew."""
        self._lanes[side] = _Lane()

    def text(self, side: Side) -> str:
        """All that the side has, shown or not."""
        return self._lanes[side].text

    def shown(self, side: Side) -> int:
        """Characters of the side that have appeared."""
        return self._lanes[side].shown

    def tick(self) -> Flush:
        """What appears now."""
        a, b = self._lanes["a"], self._lanes["b"]
        if not all(lane.text or lane.ended for lane in (a, b)):
            return Flush("", "", over=False)
        shown = self._rest_of(a, b) if a.over or b.over else self._both(a, b)
        return Flush(*shown, over=a.over and b.over)

    def _both(self, a: _Lane, b: _Lane) -> tuple[str, str]:
        """As much of one as of the other, or what brings level a side that began anew."""
        behind = a.shown - b.shown
        level = min(a.ready + max(0, behind), b.ready + max(0, -behind), self._most)
        shown = a.show(level - max(0, behind)), b.show(level - max(0, -behind))
        if a.over == b.over:
            self._levels.append(level)
            return shown
        # The shorter ends with this tick, which holds little of it: of the longer there is as much as at any other.
        more = self._rest_of(a, b, already=level)
        return shown[0] + more[0], shown[1] + more[1]

    def _rest_of(self, a: _Lane, b: _Lane, already: int = 0) -> tuple[str, str]:
        longer = b if a.over else a
        pace = self._pace(longer, already) - already
        return a.show(pace), b.show(pace)

    def _pace(self, longer: _Lane, least: int) -> int:
        """Characters of the longer answer at this tick: as it comes, or as the other came when it waits ready."""
        if self._waiting is None:
            self._waiting = longer.ended or longer.ready > max(self._levels, default=self._most)
        self._resting += 1
        if not self._waiting or not any(self._levels) or self._resting > LONGEST_REST:
            return self._most
        # The first ticks hold what had gathered while one was waited for.
        drawn = self._levels[len(self._levels) // 4 :]
        return self._spread(drawn, self._luck.choice([level for level in drawn if level >= least] or drawn))

    def _spread(self, drawn: list[int], level: int) -> int:
        """A level further from the mean: draws from few values vary less than what they were drawn from, and that tells."""
        some = [each for each in drawn if each > 0]
        if not level or not some:
            return level
        mean = sum(some) / len(some)
        wide = mean + (level - mean) * math.sqrt(1 + TOO_NARROW / len(some))
        return min(self._most, max(1, math.floor(wide + self._luck.random())))
