"""Two models on the same items: is one better, by how much, and how small a difference could these items show?"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import sqrt
from statistics import NormalDist

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.effects import Effect, paired_difference
from mintza.stats.resampling import Numbers, fraction, weighted


def mcnemar(only_a: int, only_b: int) -> float:
    """Exact two-sided p that a and b are right equally often, from items that only a and only b got right.

    Twice the smaller binomial tail at one half, 1 at most; 1 when the models never differ.
    Raises ValueError for counts below nought.
    Source: McNemar (1947), Note on the sampling error of the difference between correlated proportions; exact as in Agresti,
    Categorical data analysis, 10.1.
    """
    if min(only_a, only_b) < 0:
        raise ValueError(f"counts are not below nought: {only_a}, {only_b}")
    n, few = only_a + only_b, min(only_a, only_b)
    ways = tail = 1
    for k in range(few):
        ways = ways * (n - k) // (k + 1)
        tail += ways
    return min(1.0, 2 * tail / (1 << n))


def mcnemar_of_items(a: Numbers, b: Numbers) -> float:
    """`mcnemar` from the scores of n items, each 0 or 1; ValueError for unequal lengths, no item, or other scores."""
    one, other = _binary(a, b)
    return mcnemar(int((one > other).sum()), int((other > one).sum()))


def _binary(a: Numbers, b: Numbers) -> tuple[Floats, Floats]:
    one, _ = weighted(a, np.ones(len(a)))
    other, _ = weighted(b, np.ones(len(a)))
    if not np.isin(np.concatenate([one, other]), (0.0, 1.0)).all():
        raise ValueError("McNemar's test is for items that are right (1) or wrong (0)")
    return one, other


def clustered_difference(
    a: Numbers,
    b: Numbers,
    weights: Numbers,
    clusters: Sequence[Hashable],
    *,
    seed: int,
    replicas: int = 2000,
    level: float = 0.95,
) -> Effect:
    """As `paired_difference`, for items that hang together: questions on one passage, documents of one author.

    Whole clusters are drawn, and a and b are swapped in whole clusters. Clusters are any names, one an item; of a cluster the
    weight is that of its items. With few clusters (some twenty) the interval is too narrow; one alone has none.
    Raises ValueError as `paired_difference` does, and for clusters of another length.
    Source: Davison and Hinkley (1997), Bootstrap methods and their application, 3.8.
    """
    ours, heft = weighted(a, weights)
    theirs, _ = weighted(b, weights)
    if len(clusters) != ours.size:
        raise ValueError(f"{ours.size} items do not go with {len(clusters)} clusters")
    number = {name: k for k, name in enumerate(dict.fromkeys(clusters))}
    cluster = np.array([number[name] for name in clusters])
    total = np.asarray(np.bincount(cluster, heft), dtype=np.float64)
    apart = np.asarray(np.bincount(cluster, (ours - theirs) * heft), dtype=np.float64)
    difference = apart / np.where(total > 0, total, 1.0)
    return paired_difference(difference, np.zeros(total.size), total, seed=seed, replicas=replicas, level=level)


def smallest_detectable_share(items: int, *, discordant: float = 0.2, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest difference of two shares of right answers on the same items that a two-sided test finds with chance `power`.

    `discordant` is the share of items that exactly one of the two models gets right: an expectation, or what was found. 250
    items with 0.2 see 0.079, some eight points. NaN when no possible difference is found so often.
    Raises ValueError for no items, a share or alpha not between 0 and 1, a power not between 0.5 and 1.
    Source: Connor (1987), Sample size for testing differences in proportions for the paired-sample design.
    """
    _some(items)
    share, z, beyond = fraction(discordant), *_quantiles(alpha, power)
    low, high = 0.0, share
    if _reached(high, share, items, z) < beyond:
        return float("nan")
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if _reached(middle, share, items, z) >= beyond else (middle, high)
    return high


def _reached(difference: float, discordant: float, items: int, z: float) -> float:
    """Normal quantile of the power that items have for a difference; rises with it."""
    spread = sqrt(max(discordant - difference**2, 0.0))
    margin = difference * sqrt(items) - z * sqrt(discordant)
    return margin / spread if spread > 0 else (float("inf") if margin > 0 else float("-inf"))


def smallest_detectable_mean(items: int, *, spread: float, alpha: float = 0.05, power: float = 0.8) -> float:
    """Smallest mean difference on the same items that a two-sided test finds with chance `power`, in the unit of `spread`.

    `spread` is the standard deviation of the items' differences. Raises ValueError as `smallest_detectable_share` does, or for
    a spread that is not above nought. Source: Cohen (1988), Statistical power analysis for the behavioral sciences, 2.
    """
    _some(items)
    if not spread > 0:
        raise ValueError(f"a spread is above nought, not {spread}")
    z, beyond = _quantiles(alpha, power)
    return (z + beyond) * spread / sqrt(items)


def _some(items: int) -> None:
    if items < 1:
        raise ValueError("without items there is no difference to see")


def _quantiles(alpha: float, power: float) -> tuple[float, float]:
    if not 0.5 <= power < 1:
        raise ValueError(f"a power is at least 0.5 and below 1, not {power}")
    normal = NormalDist()
    return normal.inv_cdf(1 - fraction(alpha) / 2), normal.inv_cdf(fraction(power))
