"""Logistic regression on battles, with robust errors: the ground of position, style and factor effects."""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, sqrt
from statistics import NormalDist
from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Battles, Floats, Indices, points
from mintza.stats.effects import Effect
from mintza.stats.rating import CLOSE, ELO, STEPS, bradley_terry
from mintza.stats.resampling import fraction

FAR = 40.0
"""Log-odds beyond which a coefficient is on its way to infinity: something predicts its outcomes without exception."""


class Fit(NamedTuple):
    """Coefficients of p columns in log-odds, shape (p,), and their robust covariance, shape (p, p)."""

    coefficients: Floats
    covariance: Floats


def logistic(design: Floats, score: Floats, cluster: Indices) -> Fit:
    """Maximum likelihood of P(score) = 1 / (1 + exp(-design @ coefficients)), score in 0 to 1, a tie being half.

    design has shape (b, p), score and cluster (b,); rows of one cluster may hang together. No intercept is added.
    Raises ValueError when columns cannot be told apart, when a column predicts without exception, or for one cluster alone.
    Sources: McCullagh and Nelder (1989), Generalized linear models, 4; Liang and Zeger (1986) for the errors; steps as in
    `rating.strengths`.
    """
    clusters = np.unique(cluster)
    if clusters.size < 2:
        raise ValueError("one voter alone does not show how voters differ")
    scale = np.abs(design).max(axis=0)
    if (scale == 0).any() or np.linalg.matrix_rank(design / np.where(scale > 0, scale, 1.0)) < design.shape[1]:
        raise ValueError("the columns cannot be told apart: one of them is nought throughout, or a sum of others")
    scaled = design / scale
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-scaled @ beta))
        weight = chance * (1 - chance)
        step = np.linalg.solve(scaled.T @ (scaled * weight[:, None]), scaled.T @ (score - chance))
        width = float(np.abs(scaled @ step).max())
        beta += step * (np.log1p(width) / width if width > 0 else 1.0)
        if width < CLOSE:
            return _robust(scaled, score, np.searchsorted(clusters, cluster), beta, scale)
        if np.abs(beta).max() > FAR:
            break
    raise ValueError("a column predicts its outcomes without exception: its effect has no end")


def _robust(design: Floats, score: Floats, cluster: Indices, beta: Floats, scale: Floats) -> Fit:
    chance = 1 / (1 + np.exp(-design @ beta))
    bread = np.linalg.inv(design.T @ (design * (chance * (1 - chance))[:, None]))
    clusters = int(cluster.max()) + 1
    moves = np.zeros((clusters, design.shape[1]))
    np.add.at(moves, cluster, design * (score - chance)[:, None])
    meat = moves.T @ moves * clusters / (clusters - 1)
    return Fit(beta / scale, bread @ meat @ bread / np.outer(scale, scale))


def wald(value: float, error: float, level: float, unit: float = ELO) -> Effect:
    """Effect with its normal interval and two-sided p, value and standard error times `unit`; p is 0 or 1 without error."""
    half = NormalDist().inv_cdf(0.5 + fraction(level) / 2) * error
    p = erfc(abs(value) / error / sqrt(2)) if error > 0 else float(value == 0)
    return Effect(unit * value, unit * (value - half), unit * (value + half), p)


def between(battles: Battles, of_models: Floats) -> Floats:
    """Rows of the left model less those of the right one, shape (b, k), from a table of models, shape (n, k)."""
    return np.asarray(of_models[battles.left] - of_models[battles.right], dtype=np.float64)


def dummies(models: int, which: Sequence[int] | Indices) -> Floats:
    """A column of its own for each of the k models named, shape (models, k)."""
    return np.eye(models)[:, np.asarray(which, dtype=np.int64)]


def fixed_strengths(battles: Battles) -> Floats:
    """Design with a free strength for every model but the first, shape (b, n - 1).

    Raises DisconnectedComparison, or ValueError that names a model without a finite score.
    """
    for model, reason in enumerate(bradley_terry(points(battles)).reasons):
        if reason:
            raise ValueError(f"model {model}: {reason}. Leave its battles out.")
    return between(battles, dummies(battles.models, range(1, battles.models)))
