"""Arenas whose truth is known: strengths are planted, voters are few or many, alike or with tastes of their own.

Shares nothing with mintza.stats, which it is there to check. Log-odds inside, Elo points (400/10, mean 1000) outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
ELO = 400 / np.log(10)


@dataclass(frozen=True)
class Arena:
    """Who takes part: `tail` is the lognormal sigma of how much voters vote, `taste` the sd of a voter's own log-odds."""

    strengths: tuple[float, ...]
    votes: int
    voters: int
    tail: float = 1.5
    taste: float = 0.0
    tie: float = 0.0

    def truth(self) -> Floats:
        """Scores of an endless arena: half-tie Bradley-Terry on expected points, all pairs alike often."""
        theta = np.array(self.strengths) / ELO
        if self.taste == 0 and self.tie == 0:
            return np.asarray(1000 + ELO * (theta - theta.mean()))
        nodes, heft = np.polynomial.hermite_e.hermegauss(60)
        apart = theta[:, None] - theta[None, :]
        own = apart[..., None] + nodes * self.taste * np.sqrt(2)
        score = ((self._left(own) + self._tied(own) / 2) * heft).sum(axis=-1) / heft.sum()
        np.fill_diagonal(score, 0.0)
        strength = np.exp(theta)
        for _ in range(3000):
            total = 1 / (strength[:, None] + strength[None, :])
            np.fill_diagonal(total, 0.0)
            strength = score.sum(axis=1) / total.sum(axis=1)
            strength /= np.exp(np.log(strength).mean())
        return np.asarray(1000 + ELO * np.log(strength))

    def fought(
        self, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, NDArray[np.int64]]:
        """Left model, right model, score of the left one, voter: columns of shape (votes,)."""
        n = len(self.strengths)
        theta = np.array(self.strengths) / ELO
        share = rng.lognormal(0, self.tail, self.voters)
        further = rng.choice(self.voters, self.votes - self.voters, p=share / share.sum())
        voter = np.concatenate([np.arange(self.voters), further])  # everybody votes once, some go on
        left = rng.integers(0, n, self.votes)
        right = (left + rng.integers(1, n, self.votes)) % n
        own = theta + self.taste * rng.normal(size=(self.voters, n))
        apart = own[voter, left] - own[voter, right]
        luck, tied = rng.random(self.votes), self._tied(apart)
        score = np.where(luck < tied, 0.5, luck < tied + self._left(apart))
        return left, right, score.astype(np.float64), voter

    def _left(self, apart: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-apart) + self.tie * np.exp(-apart / 2)))

    def _tied(self, apart: Floats) -> Floats:
        return np.asarray(self.tie * self._left(apart) * np.exp(-apart / 2))


def spread(models: int, width: float = 400.0) -> tuple[float, ...]:
    """Strengths at even steps over `width` Elo points about 1000."""
    return tuple(float(value) for value in np.linspace(1000 + width / 2, 1000 - width / 2, models))
