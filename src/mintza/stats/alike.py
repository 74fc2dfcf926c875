"""Paired differences of many items of which most are alike: drawn kind by kind instead of one by one."""

from __future__ import annotations

import numpy as np

from mintza.stats.effects import ROUNDING, Effect, paired_difference
from mintza.stats.resampling import Numbers, fraction, weighted

KINDS = 64
"""More kinds of items than these gain nothing from being counted."""
FEW = 256
"""Items up to which nothing is gained either."""


def alike_difference(
    a: Numbers, b: Numbers, weights: Numbers, *, seed: int, replicas: int = 2000, level: float = 0.95
) -> Effect:
    """As `paired_difference`, by the same bootstrap and the same permutation, at a cost that items do not raise.

    Items with the same difference and weight are interchangeable: how often each kind is drawn is multinomial, and how many of one
    size are swapped is binomial. Where there are more than `KINDS` kinds or no more than `FEW` items, it is `paired_difference`.
    Raises ValueError as that does. Source: Efron and Tibshirani (1993), An introduction to the bootstrap, 6 (multinomial form).
    """
    ours, heft = weighted(a, weights)
    theirs, _ = weighted(b, weights)
    difference = ours - theirs
    kinds, often = np.unique(np.stack([difference, heft]), axis=1, return_counts=True)
    if difference.size <= FEW or often.size > KINDS or (heft <= 0).any():
        return paired_difference(a, b, weights, seed=seed, replicas=replicas, level=level)
    if replicas < 1:
        raise ValueError(f"there is nothing to learn from {replicas} replicas")
    for_interval, for_p = np.random.default_rng(seed).spawn(2)
    drawn = for_interval.multinomial(difference.size, often / difference.size, size=replicas)
    means = (drawn @ (kinds[0] * kinds[1])) / (drawn @ kinds[1])
    tail = (1 - fraction(level)) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    parts = difference * heft
    p = _two_sided(parts, for_p, replicas)
    return Effect(float(parts.sum() / heft.sum()), float(low), float(high), p)


def _two_sided(parts: np.ndarray[tuple[int], np.dtype[np.float64]], rng: np.random.Generator, replicas: int) -> float:
    """Share of drawn sign choices whose sum is as far from nought as that of the parts."""
    sizes, often = np.unique(np.abs(parts[parts != 0]), return_counts=True)
    if sizes.size == 0:
        return 1.0
    far = abs(parts.sum()) - ROUNDING * np.abs(parts).sum()
    swapped = rng.binomial(often, 0.5, size=(replicas, sizes.size))
    sums = (2 * swapped - often) @ sizes
    return float((1 + (np.abs(sums) >= far).sum()) / (1 + replicas))
