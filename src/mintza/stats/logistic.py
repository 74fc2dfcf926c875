"""Logistic regression on battles, with robust errors: the ground of position, style and factor effects."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Battles, Floats, Indices, points
from mintza.stats.effects import Effect
from mintza.stats.rating import CLOSE, ELO, STEPS, bradley_terry
from mintza.stats.student import freedom_of, student_half, student_p

ALONE = 1 - 1e-8
"""Share of the information in some direction from which on one cluster counts as its only source."""
FAR = 40.0
"""Log-odds beyond which a coefficient is on its way to infinity: something predicts its outcomes without exception."""


class Fit(NamedTuple):
    """Coefficients of p columns in log-odds, their errors and the errors' degrees of freedom, each of shape (p,)."""

    coefficients: Floats
    errors: Floats  # infinite where the coefficient rests on one cluster alone
    freedom: Floats  # at least 3


def logistic(design: Floats, score: Floats, cluster: Indices) -> Fit:
    """Maximum likelihood of P(score) = 1 / (1 + exp(-design @ coefficients)), score in 0 to 1, a tie being half.

    design has shape (b, p), score and cluster (b,); rows of one cluster may hang together. No intercept is added.
    Raises ValueError when columns cannot be told apart, when a column predicts without exception, or for one cluster alone.
    Errors are the jackknife over clusters in one Newton step (CR3). Sources: McCullagh and Nelder (1989), Generalized linear
    models, 4; Bell and McCaffrey (2002), Bias reduction in standard errors, for the errors; steps as in `rating.strengths`.
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
            return _jackknife(scaled, score, np.searchsorted(clusters, cluster), beta, scale)
        if np.abs(beta).max() > FAR:
            break
    raise ValueError("a column predicts its outcomes without exception: its effect has no end")


def _jackknife(design: Floats, score: Floats, cluster: Indices, beta: Floats, scale: Floats) -> Fit:
    """Errors from how far each cluster, left out, would move the coefficients: (I - M)^-1 g where information is I."""
    chance = 1 / (1 + np.exp(-design @ beta))
    weighted = design * np.sqrt(chance * (1 - chance))[:, None]
    # In the coordinates of `white` the whole information is the identity, and M is the share of one cluster.
    white = np.linalg.inv(np.linalg.cholesky(weighted.T @ weighted)).T
    weighted, pulls = weighted @ white, (design @ white) * (score - chance)[:, None]
    order = np.argsort(cluster, kind="stable")
    starts = np.flatnonzero(np.diff(cluster[order], prepend=-1))
    rows = np.split(weighted[order], starts[1:])
    gradients = np.add.reduceat(pulls[order], starts, axis=0)
    rest = np.eye(beta.size) - np.stack([part.T @ part for part in rows])
    endless = np.zeros(beta.size, dtype=bool)
    # Only a cluster with a whole unit of information can hold a direction alone.
    for heavy in np.flatnonzero(np.trace(rest, axis1=1, axis2=2) < beta.size - ALONE):
        left, directions = np.linalg.eigh(rest[heavy])
        sole = directions[:, left < 1 - ALONE]
        endless |= (np.abs(white @ sole) > 1e-6 * np.abs(white).max()).any(axis=1)
        rest[heavy] += sole @ sole.T
    away = np.linalg.solve(rest, gradients[:, :, None])[:, :, 0] @ white.T
    moves = np.asarray(away - away.mean(axis=0), dtype=np.float64)
    clusters = len(rows)
    errors = np.sqrt((moves**2).sum(axis=0) * (clusters - 1) / clusters)
    freedom = np.where(endless, 3.0, np.nan_to_num(freedom_of(moves), nan=np.inf))
    return Fit(beta / scale, np.where(endless, np.inf, errors) / scale, freedom)


def effect(fit: Fit, column: int, level: float, unit: float = ELO) -> Effect:
    """Effect of a column times `unit` (Elo points), with Student's interval and two-sided p; 0 or 1 without any error."""
    value, error = float(fit.coefficients[column]), float(fit.errors[column])
    degrees = float(fit.freedom[column])
    half = student_half(level, degrees) * error
    p = student_p(value / error, degrees) if error > 0 else float(value == 0)
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
