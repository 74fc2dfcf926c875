"""Agreement of two people who judge the same things, beyond what luck would bring."""

from __future__ import annotations

from math import nan, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from mintza.stats.resampling import fraction


class Kappa(NamedTuple):
    """Cohen's kappa, -1 to 1, and its interval; agreed: share of equal judgements.  items: judged by both. NaN where undefined."""

    value: float
    low: float
    high: float
    agreed: float
    items: int


def cohen_kappa(table: ArrayLike, *, level: float = 0.95) -> Kappa:
    """Kappa from table[i, j], shape (k, k): how many items one person put in category i and the other in category j.

    NaN where no item was judged, and where both use one category alone: luck then explains everything. With fewer than
    some thirty items the interval is a hint; it is cut at -1 and 1. Raises ValueError for a table that is not square, or
    that holds anything but counts.
    Sources: Cohen (1960), A coefficient of agreement for nominal scales; Fleiss, Cohen and Everitt (1969), Large sample
    standard errors of kappa and weighted kappa, equation 13.
    """
    counts = np.asarray(table, dtype=np.float64)
    if counts.ndim != 2 or counts.shape[0] != counts.shape[1]:
        raise ValueError(f"a table of agreement is square, not {counts.shape}")
    if not np.isfinite(counts).all() or (counts < 0).any() or (counts != np.floor(counts)).any():
        raise ValueError("a table of agreement holds counts")
    z = NormalDist().inv_cdf((1 + fraction(level)) / 2)
    items = int(counts.sum())
    if not items:
        return Kappa(nan, nan, nan, nan, 0)
    shares = counts / items
    rows, columns = shares.sum(axis=1), shares.sum(axis=0)
    observed, expected = float(np.trace(shares)), float(rows @ columns)
    if expected > 1 - 1e-12:
        return Kappa(nan, nan, nan, observed, items)
    value = (observed - expected) / (1 - expected)
    equal = np.diag(shares) @ (1 - (rows + columns) * (1 - value)) ** 2
    # Of an item in cell (i, j): how often the first says j, and the other says i.
    crossed = shares * (columns[:, None] + rows[None, :]) ** 2
    unequal = (1 - value) ** 2 * (crossed.sum() - np.trace(crossed))
    variance = (equal + unequal - (value - expected * (1 - value)) ** 2) / (items * (1 - expected) ** 2)
    spread = z * sqrt(max(0.0, float(variance)))
    return Kappa(value, max(-1.0, value - spread), min(1.0, value + spread), observed, items)
