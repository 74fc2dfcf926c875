"""Student's t: how much wider an interval must be when few voters tell how voters differ."""

from __future__ import annotations

from math import erfc, exp, isinf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.resampling import fraction

MANY = 10_000
"""Degrees of freedom beyond which an approximation is exact enough."""


def student_half(level: float, freedom: float) -> float:
    """Half width in standard errors of the two-sided interval of a level; freedom need not be whole.

    The normal one for infinite degrees. Raises ValueError for a level not between 0 and 1 or no degree of freedom.
    Source: Newton's method from the bound of Wallace (1959), Bounds on normal approximations to Student's and the chi-square
    distributions.
    """
    z = NormalDist().inv_cdf(0.5 + fraction(level) / 2)
    if isinf(_some(freedom)):
        return z
    # Beyond the bound, which is far off for few degrees, Newton's method comes to its end from the left: the tail is convex.
    half = sqrt(freedom * (exp((z * _bend(freedom)) ** 2 / freedom) - 1)) if freedom > 3 else z
    for _ in range(60):
        step = (student_p(half, freedom) - (1 - level)) / (2 * _density(half, freedom))
        half += step
        if abs(step) < 1e-10 * half:
            break
    return half


def student_p(t: float, freedom: float) -> float:
    """Two-sided p of a difference of t standard errors, within 1e-10; the inverse of `student_half`.

    Source: the continued fraction of the incomplete beta function, DLMF 8.17.22; for more than `MANY` degrees Wallace (1959).
    """
    if isinf(_some(freedom)):
        return erfc(abs(t) / sqrt(2))
    if freedom > MANY:
        return erfc(sqrt(freedom * log1p(t * t / freedom)) / _bend(freedom) / sqrt(2))
    square = t * t
    if square <= 0:
        return 1.0
    return _beta(freedom / (freedom + square), freedom / 2, 0.5)


def _beta(x: float, a: float, b: float) -> float:
    """Regularized incomplete beta function, for x above nought and up to 1."""
    if x >= 1:
        return 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    upper, lower, found = 1.0, 1 / (1 - (a + b) * x / (a + 1)), 1 / (1 - (a + b) * x / (a + 1))
    for m in range(1, 500):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for part in (even, odd):
            lower, upper = 1 / (1 + part * lower), 1 + part / upper
            found *= lower * upper
        if abs(lower * upper - 1) < 1e-13:
            break
    return front * found


def _density(t: float, freedom: float) -> float:
    front = lgamma((freedom + 1) / 2) - lgamma(freedom / 2) - 0.5 * log(freedom * pi)
    return exp(front - (freedom + 1) / 2 * log1p(t * t / freedom))


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
