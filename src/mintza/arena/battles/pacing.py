"""Two answers at one pace: what appears, and when, tells nothing of which model is the quick one.

Nothing appears before both have begun. While both are under way the same number of characters of each appears at every tick, as many
as the slower has; the rest of the longer one goes on at the pace so far, whichever it is. So the times alone are the same whether the
quick model stands left or right.
"""

from __future__ import annotations

from typing import NamedTuple

from mintza.arena.settings import Side

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
    """Takes what two models write, as it comes; gives at each tick what appears. characters: of a side, at a tick, at most."""

    def __init__(self, characters: int) -> None:
        self._most = characters
        self._lanes = {"a": _Lane(), "b": _Lane()}
        self._together = 0
        self._ticks = 0

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
        if not a.over and not b.over:
            # A side that has fallen behind (its model was replaced) is first brought level, within the limit.
            behind = a.shown - b.shown
            level = min(a.ready + max(0, behind), b.ready + max(0, -behind), self._most)
            shown = a.show(level - max(0, behind)), b.show(level - max(0, -behind))
            self._together += level
            self._ticks += 1
        else:
            pace = self._pace()
            shown = a.show(pace), b.show(pace)
        return Flush(*shown, over=a.over and b.over)

    def _pace(self) -> int:
        """Characters a tick so far; one that never ran beside another has the limit's."""
        if not self._ticks:
            return self._most
        return max(1, min(self._most, round(self._together / self._ticks)))
