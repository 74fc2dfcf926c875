"""Many comparisons at once: p-values that a table of them can carry."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mintza.stats.battles import Floats, Indices


def holm(p: Sequence[float] | Floats) -> Floats:
    """Adjusted p of m tests, shape (m,): below alpha, the chance of one false finding among all is at most alpha.

    Holds however the tests hang together. NaN stays NaN and is not counted as a test. Raises ValueError for p outside 0 to 1.
    Source: Holm (1979), A simple sequentially rejective multiple test procedure.
    """
    values, tested = _checked(p)
    order = np.argsort(values[tested], kind="stable")
    m = order.size
    raised = np.maximum.accumulate(values[tested][order] * np.arange(m, 0, -1))
    return _back(values, tested, order, raised)


def benjamini_hochberg(p: Sequence[float] | Floats) -> Floats:
    """Adjusted p of m tests, shape (m,): of those below q, a share of at most q is false on average.

    Holds for tests that are independent or rise together. NaN stays NaN and is not counted. Raises ValueError as `holm` does.
    Source: Benjamini and Hochberg (1995), Controlling the false discovery rate.
    """
    values, tested = _checked(p)
    order = np.argsort(values[tested], kind="stable")
    m = order.size
    raised = values[tested][order] * m / np.arange(1, m + 1)
    lowered = np.minimum.accumulate(raised[::-1])[::-1]
    return _back(values, tested, order, lowered)


def _checked(p: Sequence[float] | Floats) -> tuple[Floats, Indices]:
    values = np.asarray(p, dtype=np.float64)
    tested = np.flatnonzero(~np.isnan(values))
    if values.ndim != 1 or ((values[tested] < 0) | (values[tested] > 1)).any():
        raise ValueError("p-values are one row of numbers from 0 to 1")
    return values, tested.astype(np.int64)


def _back(values: Floats, tested: Indices, order: Indices, adjusted: Floats) -> Floats:
    result = np.full(values.shape, np.nan)
    result[tested[order]] = np.minimum(adjusted, 1.0)
    return result
