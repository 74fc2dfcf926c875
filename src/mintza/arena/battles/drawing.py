"""Which two models meet, and on which side each stands: a seam, so that pairs can be drawn otherwise."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import NamedTuple, Protocol


class Pair(NamedTuple):
    """Two models, by side. drawn_by: the policy, kept with the battle."""

    a: str
    b: str
    drawn_by: str


class Drawing(Protocol):
    """A policy of drawing. Both are called for each battle and may not wait for anything."""

    def pair(self, models: Sequence[str], luck: random.Random) -> Pair:
        """Two different models of at least two; the sides are random too."""
        ...

    def instead(self, models: Sequence[str], taken: Collection[str], luck: random.Random) -> str | None:
        """A model for one that failed, none of `taken`; None when there is none left."""
        ...


class UniformDrawing:
    """Every pair is as likely as any other, and so is either side."""

    def pair(self, models: Sequence[str], luck: random.Random) -> Pair:
        """Two different models, each order as likely."""
        a, b = luck.sample(sorted(models), 2)
        return Pair(a, b, "uniform")

    def instead(self, models: Sequence[str], taken: Collection[str], luck: random.Random) -> str | None:
        """Any other model."""
        left = sorted(set(models) - set(taken))
        return luck.choice(left) if left else None
