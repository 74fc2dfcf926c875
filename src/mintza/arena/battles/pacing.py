"""Two answers at one pace: what appears, and when, tells next to nothing of which model is the quick one.

Nothing appears before both have begun. Then as many characters of each as the slower has, less a few: what is kept back hides where
its tokens end, and whether it is at its end. Once the one that is waited for has ended, time goes on as it came: pieces of sizes
and after pauses drawn from its own, until all of both has appeared. Nobody sees whether the longer answer still comes or waits ready.
"""

from __future__ import annotations

import math
import random
from array import array
from collections.abc import Sequence
from typing import NamedTuple

from mintza.arena.settings import Side

SIDES: tuple[Side, Side] = ("a", "b")
# Ticks that the rest may take at another's pace; then it appears as quickly as anything does.
LONGEST_REST = 400
# Characters that are kept back, at least and at most: so far from a token's end, and never the same, a cut says nothing of tokens.
KEPT_BACK = 6, 18
# Of a beginning only this share is kept back: the first letters appear at once.
SHARE_KEPT_BACK = 0.5, 0.9
AT_LEAST = 1, 4
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
        self.heard_at: float | None = None

    @property
    def over(self) -> bool:
        return self.ended and self.shown == len(self.text)

    def add(self, text: str, at: float) -> None:
        self.text += text
        if self.heard_at is not None:
            self.pauses.append(at - self.heard_at)
            self.sizes.append(len(text))
        self.heard_at = at

    def show(self, to: float) -> str:
        piece = self.text[self.shown : int(min(max(self.shown, to), len(self.text)))]
        self.shown += len(piece)
        return piece


class _Like:
    """Numbers as those that were seen. They are drawn twice: what comes differs from what came as one part of an answer from another."""

    def __init__(self, seen: Sequence[float], luck: random.Random) -> None:
        self._some = luck.choices(seen, k=len(seen))
        ordered = sorted(seen)
        self._least, self._second, self._largest = ordered[0], ordered[-2], ordered[-1]
        # As often as the largest is passed the least is taken, so often that the mean stays what it was.
        self._once = 1 / (len(ordered) + 1)
        mean = sum(ordered) / len(ordered)
        more = 2 * self._largest - self._second - mean
        self._twice = self._once * (1 + more / (mean - self._least)) if mean > self._least else self._once

    def one_more(self, luck: random.Random) -> float:
        """As likely as any of them, it is larger than all of them: by as much as the largest was, or more, or less."""
        chance = luck.random()
        if chance < self._once:
            return self._largest + (self._largest - self._second) * luck.expovariate(1)
        return self._least if chance < self._twice else luck.choice(self._some)


class Pacer:
    """Takes what two models write, as it comes; gives at each tick what appears. Times are of one clock, in seconds.

    characters: of a side, at a tick, at most.  luck: for what is kept back, and for how time goes on.
    """

    def __init__(self, characters: int, luck: random.Random) -> None:
        self._most = characters
        self._luck = luck
        self._lanes = {"a": _Lane(), "b": _Lane()}
        # Characters that have come of whoever is waited for; once that one has ended, that would have come.
        self._come: float = 0
        self._come_before: float = 0
        self._to: float = 0
        self._like: _Lane | None = None
        self._pauses = self._sizes = _Like((0.0, 0.0), luck)
        self._due = 0.0
        self._resting = 0

    def add(self, side: Side, text: str, at: float) -> None:
        """The side's model wrote more."""
        self._lanes[side].add(text, at)

    def end(self, side: Side, at: float) -> None:
        """The side's model is done."""
        lane, other = self._lanes[side], self._lanes["b" if side == "a" else "a"]
        lane.ended = True
        behind = other.ended or len(lane.text) <= len(other.text)
        if behind if self._like is None else self._come >= len(lane.text):
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
        before, self._come_before = self._come_before, self._come
        if self._come != before:
            # Drawn anew for what is new alone: else less and less would be kept back, until a cut stands so far from a token's end.
            kept = min(self._luck.uniform(*KEPT_BACK), self._come * self._luck.uniform(*SHARE_KEPT_BACK))
            # However much is kept back now: where something came, something appears.
            least = self._to + self._luck.uniform(*AT_LEAST) if self._to and self._come > before else 1.0
            self._to = min(max(least, self._come - kept), self._come)
        # A side that began anew catches up first.
        furthest = min(FOR_EVER if a.over else a.shown, FOR_EVER if b.over else b.shown) + self._most
        to = min(self._to, furthest)
        return Flush(a.show(to), b.show(to), over=a.over and b.over)

    def _by_now(self, at: float) -> float:
        """Characters that have come of whoever is waited for, or would have."""
        a, b = self._lanes["a"], self._lanes["b"]
        there = min(FOR_EVER if a.ended else len(a.text), FOR_EVER if b.ended else len(b.text))
        if self._like is None:
            return there
        self._resting += 1
        if self._resting > LONGEST_REST:
            return there
        come, enough = self._come, min(there, max(len(a.text), len(b.text)) + KEPT_BACK[1])
        while self._due <= at and come < enough:
            come += round(self._sizes.one_more(self._luck))
            self._due += self._pauses.one_more(self._luck)
        if come >= there:
            # One that still writes is waited for after all.
            self._due = max(self._due, at)
        return min(come, there)

    def _goes_on_like(self, lane: _Lane, at: float) -> None:
        """Nobody writes any more who is waited for: from now on pieces come as those of this lane did."""
        self._like, self._come = lane, len(lane.text)
        self._resting = LONGEST_REST if len(lane.pauses) < FEWEST_PAUSES else 0
        if self._resting:
            return
        self._pauses, self._sizes = (_Like(each, self._luck) for each in (lane.pauses, lane.sizes))
        heard = at if lane.heard_at is None else lane.heard_at
        # Most say that they are done when another piece would have come, some with the last one.
        late = at - heard >= sorted(lane.pauses)[len(lane.pauses) // 2] / 2
        self._due = at if late else heard + self._pauses.one_more(self._luck)
