"""Ranks that say no more than the votes do: chances of being better, tiers, and best and worst ranks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mintza.stats.battles import Floats
from mintza.stats.resampling import fraction


def superiority(replicas: Floats) -> Floats:
    """P(i > j): share of r replicas, shape (r, n), in which i scores above j; equal scores count half. Shape (n, n).

    Replicas in which one of the two has no score (NaN) are left out; NaN when none remains, and on the diagonal.
    """
    n = replicas.shape[1]
    chances = np.full((n, n), np.nan)
    for i in range(n):
        above = replicas[:, i, None] - replicas
        known = np.isfinite(above)
        count = known.sum(axis=0)
        better = ((above > 0) + 0.5 * (above == 0)).sum(axis=0)
        chances[i] = np.where(count > 0, better / np.maximum(count, 1), np.nan)
        chances[i, i] = np.nan
    return chances


def rank_bounds(chances: Floats, level: float = 0.95) -> NDArray[np.int64]:
    """Best and worst rank of each model, shape (n, 2), from P(i > j): it is as good as sure that so many are better, or worse.

    Best = 1 + models that are better with a chance of `level` at least, worst = n - models that are worse with that chance. No
    correction for the n (n - 1) / 2 comparisons.
    """
    sure = np.nan_to_num(chances, nan=0.0) >= fraction(level)
    return np.stack([1 + sure.sum(axis=0), len(chances) - sure.sum(axis=1)], axis=1).astype(np.int64)


def tiers(scores: Floats, chances: Floats, level: float = 0.95) -> NDArray[np.int64]:
    """Tier of each model, 1 the best, shape (n,); 0 for a model without a score (NaN).

    From the highest score down, a new tier opens with the first model to which the head of the tier before it is superior with
    a chance of `level` at least. Models of one tier are those that the votes do not tell from its head.
    Raises ValueError when the shapes differ.
    """
    if chances.shape != (scores.size, scores.size):
        raise ValueError(f"{scores.size} scores do not go with chances of the shape {chances.shape}")
    fraction(level)
    found = np.zeros(scores.size, dtype=np.int64)
    rated = np.flatnonzero(np.isfinite(scores))
    tier, head = 0, -1
    for model in rated[np.argsort(-scores[rated], kind="stable")]:
        if head < 0 or chances[head, model] >= level:
            tier, head = tier + 1, model
        found[model] = tier
    return found
