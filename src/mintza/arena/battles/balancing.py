"""Pairs where a vote teaches most: seldom met, and not told apart yet; with a share drawn blindly, and some controls."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from itertools import combinations
from math import sqrt

from mintza.arena.battles.controls import behind, control_of
from mintza.arena.battles.drawing import Pair, UniformDrawing

SURE_STILL = 0.1
"""Weight of a pair whose order is certain, where 1 is a pair about which nothing is known."""


class BalancedDrawing:
    """Draws a pair in proportion to what one more battle takes from the standard error of its difference, times how unsure its order is.

    A share `uniform` is drawn blindly, so that every pair goes on being met and the ranking can be held against those alone; a share
    `controls` has a planted answer on one side. Source: Chiang et al. (2024), Chatbot Arena, section 5 (the first factor).
    """

    def __init__(self, uniform: float, controls: float) -> None:
        self._uniform = uniform
        self._controls = controls
        self._blindly = UniformDrawing()
        self._met: Counter[frozenset[str]] = Counter()
        self._unsure: dict[frozenset[str], float] = {}

    def learn(self, pairs: Iterable[tuple[str, str, int]], unsure: Iterable[tuple[str, str, float]]) -> None:
        """How often each pair has met, in votes that count, and the chance that the first is the better one."""
        self._met = Counter({frozenset((one, other)): count for one, other, count in pairs})
        self._unsure = {frozenset((one, other)): 4 * chance * (1 - chance) for one, other, chance in unsure}

    def pair(self, models: Sequence[str], luck: random.Random) -> Pair:
        """Two different models, either of them on either side."""
        if luck.random() < self._controls:
            planted, real = luck.choice(sorted(models)), luck.choice(sorted(models))
            sides = [control_of(planted), real]
            luck.shuffle(sides)
            return Pair(sides[0], sides[1], "control")
        if luck.random() < self._uniform:
            return self._drawn(self._blindly.pair(models, luck))
        pairs = [frozenset(each) for each in combinations(sorted(models), 2)]
        (chosen,) = luck.choices(pairs, [self._weight(each) for each in pairs])
        a, b = luck.sample(sorted(chosen), 2)
        return self._drawn(Pair(a, b, "unsure"))

    def instead(self, models: Sequence[str], taken: Collection[str], luck: random.Random) -> str | None:
        """Any other model; a planted answer is not put in another's place."""
        return self._blindly.instead(models, {behind(each) for each in taken}, luck)

    def _drawn(self, pair: Pair) -> Pair:
        # Counted at once: between two looks at the votes many battles begin.
        self._met[frozenset(pair[:2])] += 1
        return pair

    def _weight(self, pair: frozenset[str]) -> float:
        met = self._met[pair] + 1
        return (1 / sqrt(met) - 1 / sqrt(met + 1)) * max(SURE_STILL, self._unsure.get(pair, 1.0))
