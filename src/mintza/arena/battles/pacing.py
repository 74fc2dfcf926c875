"""Two answers at one pace: what appears, and when, tells next to nothing of which model is the quick one.

Nothing appears before both have begun. From then on as many characters of each appear, at a pace that follows from behind whoever of
the two is slower: so smoothly that tokens, bursts and ends cannot be seen in it. Once the one that is followed has ended, what would
have come is drawn from what came of it, until all of both has appeared. Nobody sees whether the longer answer still comes or waits ready.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from mintza.arena.settings import Side

SIDES: tuple[Side, Side] = ("a", "b")
# Seconds that the rest may take at another's pace; then it appears as quickly as anything does.
LONGEST_REST_S = 40.0
# How far what appears lies behind what comes, in pieces of the slower model; in seconds at most, in ticks at least.
BEHIND_PIECES, BEHIND_S, BEHIND_TICKS = 10, 1.5, 2
# Some of what could appear is kept back, another part at every tick: at most what so many of them bring. It hides how even the pace is.
UNEVEN = 1.0
# So many pieces are drawn in a row: sizes of tokens hang on each other.
IN_A_ROW = 6
FEWEST_PAUSES = 2
FOR_EVER = math.inf


class Flush(NamedTuple):
    """What one tick shows of each answer. over: both are shown to their ends."""

    a: str
    b: str
    over: bool


class _Lane:
    """pauses, sizes: of each piece but the first, seconds since the one before, and its characters."""

    def __init__(self) -> None:
        self.text = ""
        self.shown = 0
        self.ended = False
        self.pauses = array("f")
        self.sizes = array("i")
        self.began_at = 0.0
        self.heard_at: float | None = None

    @property
    def over(self) -> bool:
        return self.ended and self.shown == len(self.text)

    @property
    def pause(self) -> float:
        """Mean seconds between two pieces."""
        if self.heard_at is None or not self.pauses:
            return 0.0
        return (self.heard_at - self.began_at) / len(self.pauses)

    def add(self, text: str, at: float) -> None:
        self.text += text
        if self.heard_at is None:
            self.began_at = at
        else:
            self.pauses.append(at - self.heard_at)
            self.sizes.append(len(text))
        self.heard_at = at

    def show(self, to: float) -> str:
        piece = self.text[self.shown : int(min(max(self.shown, to), len(self.text)))]
        self.shown += len(piece)
        return piece


class _Like:
    """Pieces like those that were seen, without end: some that stood in a row, then others.

    They are drawn twice, since what comes differs from what came as one part of an answer from another; and their spread,
    which is a little less each time that one draws from few, is made good.
    """

    def __init__(self, lane: _Lane, luck: random.Random) -> None:
        self._luck = luck
        seen = _wider(lane.pauses), _wider(lane.sizes)
        count = len(seen[0])
        firsts = [luck.randrange(count) for _ in range(count // IN_A_ROW + 1)]
        taken = [(first + more) % count for first in firsts for more in range(IN_A_ROW)][:count]
        self._pieces = [(seen[0][at], seen[1][at]) for at in taken]
        self._next, self._left = 0, 0

    def one_more(self) -> tuple[float, float]:
        """Seconds since the one before, and characters."""
        if not self._left:
            self._next, self._left = self._luck.randrange(len(self._pieces)), IN_A_ROW
        self._left -= 1
        piece = self._pieces[self._next]
        self._next = (self._next + 1) % len(self._pieces)
        return piece


def _wider(seen: Sequence[float]) -> list[float]:
    mean, by = sum(seen) / len(seen), math.sqrt(1 + 2 / len(seen))
    return [max(0.0, mean + (each - mean) * by) for each in seen]


class Pacer:
    """Takes what two models write, as it comes; gives at each tick what appears. Times are of one clock, in seconds.

    characters: of a side, at a tick, at most.  step: seconds between two ticks.  luck: for how time goes on.
    """

    def __init__(self, characters: int, step: float, luck: random.Random) -> None:
        self._most = characters
        self._step = step
        self._luck = luck
        self._lanes = {"a": _Lane(), "b": _Lane()}
        # Characters that have come of whoever is followed, or would have come; and how many of them may be seen.
        self._come: float = 0
        self._to: float = 0
        self._like: _Like | None = None
        self._due = 0.0
        self._rest = False
        self._rest_until = 0.0
        self._ticked_at: float | None = None

    def add(self, side: Side, text: str, at: float) -> None:
        """The side's model wrote more."""
        self._lanes[side].add(text, at)

    def end(self, side: Side, at: float) -> None:
        """The side's model is done."""
        lane, other = self._lanes[side], self._lanes["b" if side == "a" else "a"]
        lane.ended = True
        behind = other.ended or len(lane.text) <= len(other.text)
        if behind if not self._rest else self._come >= len(lane.text):
            self._goes_on_like(lane, at)

    def reset(self, side: Side) -> None:
        """Another model takes the side: it begins anew."""
        self._lanes[side] = _Lane()

    @property
    def begun(self) -> bool:
        """Whether both sides have something to show, or never will."""
        a, b = self._lanes["a"], self._lanes["b"]
        return bool(a.text or a.ended) and bool(b.text or b.ended)

    def text(self, side: Side) -> str:
        """All that the side has, shown or not."""
        return self._lanes[side].text

    def shown(self, side: Side) -> int:
        """Characters of the side that have appeared."""
        return self._lanes[side].shown

    def tick(self, at: float) -> Flush:
        """What appears now."""
        if not self.begun:
            return Flush("", "", over=False)
        a, b = self._lanes["a"], self._lanes["b"]
        self._come = self._by_now(at)
        behind = max(min(BEHIND_PIECES * max(a.pause, b.pause), BEHIND_S), BEHIND_TICKS * self._step)
        more, back = 1.0, 0.0  # the first letter appears at once
        if self._ticked_at is not None:
            more = max(0.0, self._come - self._to) * -math.expm1((self._ticked_at - at) / behind)
            back = more * self._luck.uniform(0, UNEVEN)
        self._to += more
        self._ticked_at = at
        # A side that began anew catches up first.
        furthest = min(FOR_EVER if a.over else a.shown, FOR_EVER if b.over else b.shown) + self._most
        to = min(self._to - back, furthest)
        return Flush(a.show(to), b.show(to), over=a.over and b.over)

    def _by_now(self, at: float) -> float:
        """Characters that have come of whoever is followed, or would have."""
        a, b = self._lanes["a"], self._lanes["b"]
        there = min(FOR_EVER if a.ended else len(a.text), FOR_EVER if b.ended else len(b.text))
        if not self._rest:
            return there
        come = self._come
        # Beyond all that there is time goes on as well: the last words appear no slower than others.
        enough = min(there, 2 * max(len(a.text), len(b.text)) + 1000)
        if self._like is None or at > self._rest_until:
            return max(come, enough)
        while self._due <= at and come < enough:
            pause, size = self._like.one_more()
            come += size
            self._due += pause
        if come >= there:
            # One that still writes is followed after all.
            self._due = max(self._due, at)
        return min(come, there)

    def _goes_on_like(self, lane: _Lane, at: float) -> None:
        """Nobody writes any more who is followed: from now on pieces come as those of this lane did."""
        self._come = len(lane.text)
        self._rest = True
        if len(lane.pauses) < FEWEST_PAUSES:
            return
        self._like, self._rest_until = _Like(lane, self._luck), at + LONGEST_REST_S
        heard = at if lane.heard_at is None else lane.heard_at
        # Most say that they are done when another piece would have come, some with the last one.
        late = at - heard >= sorted(lane.pauses)[len(lane.pauses) // 2] / 2
        self._due = at if late else heard + self._like.one_more()[0]
