"""Two answers at one pace: what appears, and when, tells next to nothing of which model is the quick one.

Nothing appears before both have begun. From then on as many characters of each appear, at a pace that follows from behind whoever of
the two is slower: so smoothly that tokens, bursts and ends cannot be seen in it. Once the place is reached at which the shorter answer
ends, the rest of the longer appears at an even pace, that of the slower until there: whether it still comes or waits ready.
"""

from __future__ import annotations

import math
import random
from typing import NamedTuple

from mintza.arena.settings import Side

SIDES: tuple[Side, Side] = ("a", "b")
# Seconds that the rest may take at another's pace; then it appears as quickly as anything does.
LONGEST_REST_S = 40.0
# How far what appears lies behind what comes, in pieces of the slower model; in seconds at most, in ticks at least.
BEHIND_PIECES, BEHIND_LONGEST, BEHIND_S, BEHIND_TICKS = 10, 3, 1.5, 2
# By so much less each piece counts for how quick a model is than the one after it.
FADES = 0.99
# Some of what could appear is kept back, another part at every tick: at most what so many of them bring. It hides how even the pace is.
UNEVEN = 1.0
# The rest is slower than what came before it, by so much and by the share of its time that was the longest pause, down to a least share:
# else the words of one that still writes would run out, which can be seen.
SLOWER_BY, LEAST = 0.1, 0.7
FEWEST_PIECES = 4
FOR_EVER = math.inf


class Flush(NamedTuple):
    """What one tick shows of each answer. over: both are shown to their ends."""

    a: str
    b: str
    over: bool


class _Lane:
    """length: characters that have come.  longest: seconds between two pieces."""

    __slots__ = (
        *("_lately_came", "_lately_took", "_parts", "_pause", "_size", "_whole", "began_at", "ended", "heard_at"),
        *("length", "longest", "pieces", "shown"),
    )

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._whole = ""
        self.length = self.shown = self.pieces = 0
        self.ended = False
        self.began_at = self.heard_at = self.longest = 0.0
        self._lately_came = self._lately_took = self._pause = 0.0
        self._size = 0

    @property
    def text(self) -> str:
        if self._parts:
            self._whole += "".join(self._parts)
            self._parts.clear()
        return self._whole

    @property
    def over(self) -> bool:
        return self.ended and self.shown == self.length

    @property
    def known(self) -> float:
        """Characters of its answer that have come; whatever one wants of one that has ended."""
        return FOR_EVER if self.ended else self.length

    @property
    def pause(self) -> float:
        """Mean seconds between two pieces."""
        return (self.heard_at - self.began_at) / (self.pieces - 1) if self.pieces > 1 else 0.0

    @property
    def before(self) -> tuple[int, float, float | None]:
        """Characters and the moment before the newest piece, and the pace of the rest by then: characters a second.

        None where too few pieces came to say.
        """
        came, took = self._lately_came - self._size, self._lately_took - self._pause
        pace = None
        if self.pieces >= FEWEST_PIECES and took > 0:
            pace = came / took * max(LEAST, 1 - SLOWER_BY - self.longest / took)
        return self.length - self._size, self.heard_at - self._pause, pace

    def add(self, text: str, at: float) -> None:
        size = self._size = len(text)
        if self.pieces:
            pause = self._pause = at - self.heard_at
            if pause > self.longest:  # noqa: PLR1730 - at every token
                self.longest = pause
            self._lately_took = self._lately_took * FADES + pause
            self._lately_came = self._lately_came * FADES + size
        else:
            self.began_at = at
        self._parts.append(text)
        self.pieces += 1
        self.length += size
        self.heard_at = at

    def show(self, to: float) -> str:
        until = int(min(max(self.shown, to), self.length))
        if until == self.shown:
            return ""
        piece = self.text[self.shown : until]
        self.shown = until
        return piece


class Pacer:
    """Takes what two models write, as it comes; gives at each tick what appears. Times are of one clock, in seconds.

    characters: of a side, at a tick, at most.  step: seconds between two ticks.  luck: for how much is kept back.
    """

    def __init__(self, characters: int, step: float, luck: random.Random) -> None:
        self._most = characters
        self._step = step
        self._luck = luck
        self._lanes = {"a": _Lane(), "b": _Lane()}
        # Characters that have come of whoever is followed, or would have come; that may be seen; and that are.
        self._come: float = 0
        self._to: float = 0
        self._place: float = 0
        self._behind = 0.0
        self._ticked_at: float | None = None
        # Of the rest: characters a second, from when on come is known, and until when it is waited for.
        self._pace: float | None = None
        self._since = 0.0
        self._rest_until = 0.0

    def add(self, side: Side, text: str, at: float) -> None:
        """The side's model wrote more."""
        lane, other = self._two(side)
        if self._pace is None and other.ended and lane.length >= other.length:
            # As if this one, too, had ended with the piece before, and this were the word that it is done.
            self._rests(lane, other, at)
        lane.add(text, at)

    def end(self, side: Side, at: float) -> None:
        """The side's model is done."""
        lane, other = self._two(side)
        lane.ended = True
        if self._pace is None and (other.ended or lane.length <= other.length):
            self._rests(lane, other, at)

    def reset(self, side: Side) -> None:
        """Another model takes the side: it begins anew."""
        self._lanes[side] = _Lane()
        self._pace = None

    @property
    def begun(self) -> bool:
        """Whether both sides have something to show, or never will."""
        return all(lane.length > 0 or lane.ended for lane in self._lanes.values())

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
        self._go_on(a, b, at)
        place, ahead = self._place, max(0.0, self._come - self._to)
        there = min(a.known, b.known)
        if self._ticked_at is not None:
            more = ahead * -math.expm1((self._ticked_at - at) / self._behind)
            self._to += more
            self._place = self._to - more * self._luck.uniform(0, UNEVEN)
        # A letter at every tick, and the first at once: a tick that brings nothing would be a gap.
        self._place = min(max(self._place, min(place + 1, self._come)), there)
        self._to = min(max(self._to, self._place), there)
        self._ticked_at = at
        # A side that began anew catches up first.
        furthest = min(FOR_EVER if a.over else a.shown, FOR_EVER if b.over else b.shown) + self._most
        to = min(self._place, furthest)
        return Flush(a.show(to), b.show(to), over=a.over and b.over)

    def _two(self, side: Side) -> tuple[_Lane, _Lane]:
        """The side's, and the other."""
        return self._lanes[side], self._lanes["b" if side == "a" else "a"]

    def _go_on(self, a: _Lane, b: _Lane, at: float) -> None:
        """Time has gone on: what has come of whoever is followed, or would have, and how far behind one is to be."""
        there = min(a.known, b.known)
        if self._pace is None:
            self._come = min(there, *(lane.length for lane in (a, b) if lane.ended), FOR_EVER)
            self._behind = self._distance(a, b)
        elif at > self._rest_until:
            # Beyond all that there is, too: the last words appear no slower than others.
            self._come = max(self._come, min(there, 2 * max(a.length, b.length) + 1000))
        else:
            # As far ahead of what has come as what appears lies behind: then that waits, and does not make up for it later.
            furthest = max(self._come, there + self._pace * self._behind)
            self._come = min(self._come + max(0.0, at - self._since) * self._pace, furthest)
            self._since = max(at, self._since)

    def _distance(self, a: _Lane, b: _Lane) -> float:
        """Seconds between what comes and what appears."""
        pieces, longest = BEHIND_PIECES * max(a.pause, b.pause), BEHIND_LONGEST * max(a.longest, b.longest)
        return max(min(max(pieces, longest), BEHIND_S), BEHIND_TICKS * self._step)

    def _rests(self, lane: _Lane, other: _Lane, at: float) -> None:
        """What both have written ends with the newest piece of this lane, or did within it: from there on time goes evenly."""
        self._behind = self._distance(lane, other)
        come, self._since, pace = lane.before
        if pace is None:
            come, pace, at = min(lane.length, other.length), 0.0, -FOR_EVER
        self._come, self._pace, self._rest_until = come, pace, at + LONGEST_REST_S
