"""Intervals: how far a share or a mean is to be trusted."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from mintza.stats.resampling import Numbers, fraction, interval_of, resampled_means, weighted


class Interval(NamedTuple):
    """A number and the interval around it, whose ends are NaN where there is none."""

    value: float
    low: float
    high: float


def wilson(successes: float, n: int, level: float = 0.95) -> Interval:
    """Share of successes in n trials, with Wilson's score interval (no continuity correction); always within 0 to 1.

    Successes may be halves, of trials that can end in a draw: the interval is then wider than it need be.
    Raises ValueError when n is 0, or successes are not between 0 and n.
    Source: Wilson (1927), Probable inference, the law of succession, and statistical inference.
    """
    if n < 1 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes in {n} trials cannot be")
    z = NormalDist().inv_cdf(0.5 + fraction(level) / 2)
    share = successes / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # At the ends the interval touches them exactly; rounding must not lift it off.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == n else min(1.0, middle + half)
    return Interval(share, low, high)


def bootstrap_mean(
    values: Numbers, weights: Numbers, *, seed: int, replicas: int = 2000, level: float = 0.95
) -> Interval:
    """Weighted mean (sum of value times weight, by sum of weights) of n items, with its percentile bootstrap interval.

    Items are drawn with replacement, each with its weight, so that the interval is that of a ratio of sums: bits by bytes.
    One item alone has no spread, and so no interval: low and high are NaN.
    Raises ValueError for no items, unequal lengths, numbers that are not finite, weights that are negative or all nought.
    Source: Efron (1979), Bootstrap methods: another look at the jackknife.
    """
    numbers, heft = weighted(values, weights)
    means = resampled_means(numbers, heft, np.random.default_rng(seed), replicas)
    value = float((numbers * heft).sum() / heft.sum())
    return Interval(value, *interval_of(means, heft, level))
