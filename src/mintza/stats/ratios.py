"""A ratio of two sums over the same things, such as tokens for each word over documents, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import NormalDist
from typing import NamedTuple

from mintza.stats.resampling import fraction


class Ratio(NamedTuple):
    """value: of the sums.  low, high: of its interval; NaN where there is one thing only.  things: how many."""

    value: float
    low: float
    high: float
    things: int


def ratio(over: Sequence[float], under: Sequence[float], *, level: float = 0.95) -> Ratio:
    """Sum of `over` by sum of `under`, both of shape (n,), with a normal interval of the linearised ratio.

    Raises ValueError when there is nothing, when the shapes differ, or when `under` does not add up to more than nought.
    Source: Cochran (1977), Sampling Techniques, section 6.4.
    """
    if len(over) != len(under) or not over:
        raise ValueError(f"a ratio needs two rows of the same length, not {len(over)} and {len(under)}")
    total = float(sum(under))
    if not total > 0:
        raise ValueError("nothing to divide by")
    value = float(sum(over)) / total
    count = len(over)
    if count == 1:
        return Ratio(value, float("nan"), float("nan"), 1)
    rest = sum((one - value * other) ** 2 for one, other in zip(over, under, strict=True))
    error = sqrt(rest * count / (count - 1)) / total
    half = NormalDist().inv_cdf(0.5 + fraction(level) / 2) * error
    return Ratio(value, value - half, value + half, count)
