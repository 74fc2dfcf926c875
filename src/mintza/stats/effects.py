"""Effects: by how much one model differs from another on the same items, and whether that could be luck."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mintza.stats.resampling import Numbers, every_signed_sum, interval_of, resampled_means, signed_sums, weighted

ROUNDING = 1e-12
"""Two sums that differ by less than this share of all their parts are the same sum, added in another order."""


class Effect(NamedTuple):
    """A difference, its 95 % interval (or of another level), and p: how often luck alone differs as much, both ways.

    low, high: NaN where there is no interval, as over one item alone.
    """

    value: float
    low: float
    high: float
    p: float


def paired_difference(
    a: Numbers, b: Numbers, weights: Numbers, *, seed: int, replicas: int = 2000, level: float = 0.95
) -> Effect:
    """Weighted mean of a less that of b on the same n items: percentile bootstrap over items, permutation p.

    The permutation swaps a and b within items. All swaps are gone through when there are no more than `replicas` of them
    (p is then exact); else `replicas` are drawn, and p = (1 + as extreme) / (1 + replicas), which is never nought.
    One item alone has no interval (NaN) and p 1.
    Raises ValueError as `bootstrap_mean` does.
    Sources: Fisher (1935), The design of experiments; Phipson and Smyth (2010), Permutation p-values should never be zero.
    """
    ours, heft = weighted(a, weights)
    theirs, _ = weighted(b, weights)
    difference = ours - theirs
    for_interval, for_p = np.random.default_rng(seed).spawn(2)
    means = resampled_means(difference, heft, for_interval, replicas)
    low, high = interval_of(means, heft, level)
    parts = difference * heft
    value = float(parts.sum() / heft.sum())
    return Effect(value, low, high, _two_sided(parts[parts != 0], for_p, replicas))


def _two_sided(parts: NDArray[np.float64], rng: np.random.Generator, replicas: int) -> float:
    """Share of sign choices whose sum is as far from nought as that of the parts themselves."""
    if parts.size == 0:
        return 1.0
    far = abs(parts.sum()) - ROUNDING * np.abs(parts).sum()
    if 2.0**parts.size <= replicas:
        return float((np.abs(every_signed_sum(parts)) >= far).mean())
    as_far = int((np.abs(signed_sums(parts, rng, replicas)) >= far).sum())
    return (1 + as_far) / (1 + replicas)
