"""Student's t: how much wider an interval must be when few voters tell how voters differ."""

from __future__ import annotations

from math import erfc, exp, isinf, log1p, sqrt
from statistics import NormalDist

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.resampling import fraction


def student_half(level: float, freedom: float) -> float:
    """Half width in standard errors of the two-sided interval of a level; within 0.5 % for 3 degrees at 0.9, better for more.

    The normal one for infinite degrees. Raises ValueError for a level not between 0 and 1 or no degree of freedom.
    Source: Wallace (1959), Bounds on normal approximations to Student's and the chi-square distributions.
    """
    z = NormalDist().inv_cdf(0.5 + fraction(level) / 2)
    if isinf(_some(freedom)):
        return z
    return sqrt(freedom * (exp((z * _bend(freedom)) ** 2 / freedom) - 1))


def student_p(t: float, freedom: float) -> float:
    """Two-sided p of a difference of t standard errors: the inverse of `student_half`, so that both always agree."""
    if isinf(_some(freedom)):
        return erfc(abs(t) / sqrt(2))
    return erfc(sqrt(freedom * log1p(t * t / freedom)) / _bend(freedom) / sqrt(2))


def freedom_of(moves: Floats) -> Floats:
    """Degrees of freedom of p variances that are sums of squared moves, one a voter, shape (v, p): shape (p,).

    From 3, when one voter makes a variance up alone, to 3 v; NaN where nothing moves.
    Twice the squared variance by its own variance, a move's fourth power taken as three times its squared variance.
    Source: Satterthwaite (1946), An approximate distribution of estimates of variance components.
    """
    largest = np.abs(moves).max(axis=0)
    parts = (moves / np.where(largest > 0, largest, 1.0)) ** 2
    total = (parts**2).sum(axis=0)
    return np.where(total > 0, 3 * parts.sum(axis=0) ** 2 / np.where(total > 0, total, 1.0), np.nan)


def _bend(freedom: float) -> float:
    return (8 * freedom + 3) / (8 * freedom + 1)


def _some(freedom: float) -> float:
    if not freedom > 0:
        raise ValueError(f"degrees of freedom are above nought, not {freedom}")
    return freedom
