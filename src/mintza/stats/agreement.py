"""Agreement of two orders: do exams rank models as people do?"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.resampling import Numbers, fraction

Kind = Literal["spearman", "kendall"]


class Agreement(NamedTuple):
    """A rank correlation from -1 to 1, its interval, a permutation p, and of how many models; NaN where undefined."""

    value: float
    low: float
    high: float
    p: float
    models: int


def spearman(x: Numbers, y: Numbers) -> float:
    """Rank correlation of n pairs, ties on their mean rank; NaN when one side does not vary.

    Pairs with a NaN are left out. Raises ValueError for unequal lengths, infinite numbers, or fewer than two pairs.
    Source: Spearman (1904); as a correlation of signs, Daniels (1944), The relation between measures of correlation.
    """
    return _value(x, y, "spearman")


def kendall(x: Numbers, y: Numbers) -> float:
    """Kendall's tau-b of n pairs: agreeing less disagreeing couples, corrected for ties; NaN and errors as `spearman`.

    Source: Kendall (1945), The treatment of ties in ranking problems.
    """
    return _value(x, y, "kendall")


def rank_agreement(
    x: Numbers, y: Numbers, kind: Kind = "spearman", *, seed: int, replicas: int = 2000, level: float = 0.95
) -> Agreement:
    """Rank correlation of n models with a percentile bootstrap interval over models, and a two-sided permutation p.

    Drawings in which one side does not vary have no correlation and are left out. With fewer than some ten models the
    interval is a hint; with fewer than three it is NaN. Models are taken as a sample; the noise of each score is not in the
    interval. Raises ValueError as `spearman` does, and for no replicas.
    Source: Efron and Tibshirani (1993), An introduction to the bootstrap, 6; Phipson and Smyth (2010) for p.
    """
    tail = (1 - fraction(level)) / 2
    if replicas < 1:
        raise ValueError(f"there is nothing to learn from {replicas} replicas")
    one, other = _signs(x, y)
    n = one.shape[0]
    value = float(_correlations(one, other, np.ones((1, n)), kind)[0])
    if n < 3 or np.isnan(value):
        return Agreement(value, float("nan"), float("nan"), float("nan"), n)
    for_interval, for_p = np.random.default_rng(seed).spawn(2)
    drawn = for_interval.multinomial(n, np.full(n, 1 / n), size=replicas)
    found = _correlations(one, other, drawn.astype(np.float64), kind)
    low, high = np.nanquantile(found, [tail, 1 - tail])
    as_far = sum(
        abs(_correlations(one, other[np.ix_(order, order)], np.ones((1, n)), kind)[0]) >= abs(value) - 1e-12
        for order in (for_p.permutation(n) for _ in range(replicas))
    )
    return Agreement(value, float(low), float(high), float((1 + as_far) / (1 + replicas)), n)


def _value(x: Numbers, y: Numbers, kind: Kind) -> float:
    one, other = _signs(x, y)
    return float(_correlations(one, other, np.ones((1, one.shape[0])), kind)[0])


def _signs(x: Numbers, y: Numbers) -> tuple[Floats, Floats]:
    """Signs of all differences within x and within y, shape (n, n), of the pairs that have both."""
    one, other = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"these are not two rows of the same length: {one.shape} and {other.shape}")
    if np.isinf(one).any() or np.isinf(other).any():
        raise ValueError("an infinite number has no place in a correlation")
    both = ~(np.isnan(one) | np.isnan(other))
    if both.sum() < 2:
        raise ValueError(f"a correlation takes two pairs at least, here are {int(both.sum())}")
    one, other = one[both], other[both]
    return np.sign(one[:, None] - one), np.sign(other[:, None] - other)


def _correlations(one: Floats, other: Floats, often: Floats, kind: Kind) -> Floats:
    """Correlation of r samples in which each of n pairs stands often[r, n] times, shape (r,).

    Both are correlations of signs: Kendall's over couples, Spearman's over sums of signs, which are twice the centred mid-ranks.
    """
    if kind == "kendall":
        parts = [((often @ table) * often).sum(axis=1) for table in (one * other, one * one, other * other)]
    else:
        first, second = often @ one.T, often @ other.T
        parts = [(often * product).sum(axis=1) for product in (first * second, first**2, second**2)]
    spread = np.sqrt(parts[1] * parts[2])
    return np.where(spread > 0, parts[0] / np.where(spread > 0, spread, 1.0), np.nan)
