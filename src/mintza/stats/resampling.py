"""Drawing items again: what the bootstrap and the permutation test share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = Sequence[float] | NDArray[np.float64]

CELLS_AT_ONCE = 2_000_000
"""How many draws are held in memory together, so that 15,000 items times 2,000 replicas fit a small machine."""


def weighted(values: Numbers, weights: Numbers) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Values and weights as two arrays of shape (n,), checked.

    Raises ValueError when there is no item, when the shapes differ, when a number is not finite, or when the weights are
    negative or all nought.
    """
    one, other = np.asarray(values, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if one.ndim != 1 or one.shape != other.shape:
        raise ValueError(f"values and weights are not two rows of the same length: {one.shape} and {other.shape}")
    if one.size == 0:
        raise ValueError("there is no item to take a mean of")
    if not (np.isfinite(one).all() and np.isfinite(other).all()):
        raise ValueError("a value or weight is not a finite number")
    if (other < 0).any() or not other.sum() > 0:
        raise ValueError("the weights are negative, or all nought")
    return one, other


def interval_of(drawn: NDArray[np.float64], weights: NDArray[np.float64], level: float) -> tuple[float, float]:
    """Ends of the percentile interval of drawn means; NaN where fewer than two items weigh anything.

    One item drawn again and again gives itself, and an interval of no width would pass for certainty.
    Raises ValueError as `fraction` does.
    """
    tail = (1 - fraction(level)) / 2
    if np.count_nonzero(weights) < 2:
        return float("nan"), float("nan")
    low, high = np.quantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def fraction(level: float) -> float:
    """The level of an interval, checked: strictly between 0 and 1, else ValueError."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"the level of an interval is between 0 and 1, not {level}")
    return level


def resampled_means(
    values: NDArray[np.float64], weights: NDArray[np.float64], rng: np.random.Generator, replicas: int
) -> NDArray[np.float64]:
    """Weighted mean of each of `replicas` draws of n items with replacement, shape (replicas,).

    An item of weight nought may be drawn, and a draw of nothing else has no mean: it is drawn again.
    """
    if replicas < 1:
        raise ValueError(f"there is nothing to learn from {replicas} replicas")
    products = values * weights
    means = np.empty(replicas)
    place = 0
    for rows in _portions(replicas, values.size):
        drawn = _draw(weights, rng, rows)
        means[place : place + rows] = products[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
        place += rows
    return means


def _draw(weights: NDArray[np.float64], rng: np.random.Generator, rows: int) -> NDArray[np.int64]:
    drawn = rng.integers(0, weights.size, size=(rows, weights.size))
    empty = weights[drawn].sum(axis=1) <= 0
    while empty.any():
        drawn[empty] = rng.integers(0, weights.size, size=(int(empty.sum()), weights.size))
        empty = weights[drawn].sum(axis=1) <= 0
    return drawn


def signed_sums(parts: NDArray[np.float64], rng: np.random.Generator, replicas: int) -> NDArray[np.float64]:
    """Sum of the parts, each with a sign drawn by a coin, for `replicas` throws: shape (replicas,)."""
    sums = np.empty(replicas)
    place = 0
    for rows in _portions(replicas, parts.size):
        signs = rng.integers(0, 2, size=(rows, parts.size), dtype=np.int8) * 2 - 1
        sums[place : place + rows] = signs @ parts
        place += rows
    return sums


def every_signed_sum(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Sum of the parts under each of the 2^n choices of signs: shape (2^n,)."""
    sums = np.zeros(1)
    for part in parts:
        sums = np.concatenate([sums - part, sums + part])
    return sums


def _portions(total: int, width: int) -> Iterator[int]:
    size = max(1, CELLS_AT_ONCE // max(1, width))
    while total > 0:
        yield min(size, total)
        total -= size
