"""Ties as an outcome of their own: Davidson's model."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.rating import CLOSE, STEPS, DisconnectedComparison, comparable, connected, to_elo


class Davidson(NamedTuple):
    """Strengths, and how readily equals tie."""

    scores: Floats  # Elo scale, mean 1000, shape (n,)
    tie: float  # nu: two equal models tie with chance nu / (2 + nu); 0 when there was no tie


def davidson(wins: Floats, ties: Floats) -> Davidson:
    """Maximum likelihood for P(i beats j) : P(tie) : P(j beats i) = a : nu sqrt(a b) : b, a and b the strengths.

    wins[i, j] is how often i beat j, ties[i, j] how often they tied (symmetric), both of shape (n, n).
    Raises DisconnectedComparison as `bradley_terry` does; ValueError for tables of other shapes, negative numbers, ties that
    are not symmetric, a model that has no finite strength, or battles that are all ties.
    Source: Davidson (1970), On extending the Bradley-Terry model to accommodate ties in paired comparison experiments.
    """
    won, tied = _checked(wins, ties)
    n = won.shape[0]
    theta, log_nu = np.zeros(n), 0.0
    with_ties = bool(tied.any())
    for _ in range(STEPS):
        gradient, information = _derivatives(won, tied, theta, log_nu if with_ties else -np.inf)
        size = n + with_ties
        step = np.linalg.solve(information[:size, :size], gradient[:size])
        width = float(np.ptp(step[:n]) + (abs(step[n]) if with_ties else 0.0))
        shortened = np.log1p(width) / width if width > 0 else 1.0
        theta += shortened * step[:n]
        log_nu += shortened * float(step[n]) if with_ties else 0.0
        if width < CLOSE:
            return Davidson(to_elo(theta), float(np.exp(log_nu)) if with_ties else 0.0)
    raise ValueError("Davidson's model has no finite fit to these battles")


def _checked(wins: Floats, ties: Floats) -> tuple[Floats, Floats]:
    won, tied = np.array(wins, dtype=np.float64), np.array(ties, dtype=np.float64)
    if won.ndim != 2 or won.shape[0] != won.shape[1] or won.shape != tied.shape or won.shape[0] < 2:
        raise ValueError(f"wins and ties are square tables of one shape, not {won.shape} and {tied.shape}")
    if not (np.isfinite(won).all() and np.isfinite(tied).all()) or (won < 0).any() or (tied < 0).any():
        raise ValueError("wins and ties are finite numbers, none below nought")
    if not np.array_equal(tied, tied.T):
        raise ValueError("ties are not symmetric: i ties with j as often as j with i")
    np.fill_diagonal(won, 0.0)
    np.fill_diagonal(tied, 0.0)
    points = won + tied / 2
    groups = connected(points)
    if len(groups) > 1:
        raise DisconnectedComparison(groups)
    _, reasons = comparable(points)
    for model, reason in enumerate(reasons):
        if reason:
            raise ValueError(f"model {model}: {reason}. Leave it out of the table.")
    if not won.any():
        raise ValueError("every battle is a tie: nothing tells the models apart, and nu has no upper end")
    return won, tied


def _derivatives(won: Floats, tied: Floats, theta: Floats, log_nu: float) -> tuple[Floats, Floats]:
    """Gradient (n + 1,) and information (n + 1, n + 1) in theta and log nu; a constant keeps the latter invertible."""
    n = theta.size
    half = (theta[:, None] - theta[None, :]) / 2
    first, second, between = np.exp(half), np.exp(-half), np.exp(log_nu)
    total = first + second + between
    win, tie = first / total, between / total
    met = won + won.T + tied
    mean = win + tie / 2  # expected points of i
    gradient, information = np.empty(n + 1), np.empty((n + 1, n + 1))
    gradient[:n] = (won + tied / 2).sum(axis=1) - (met * mean).sum(axis=1)
    gradient[n] = (tied.sum() - (met * tie).sum()) / 2
    spread = met * (win + tie / 4 - mean**2)
    information[:n, :n] = np.diag(spread.sum(axis=1)) - spread + spread.sum() / n**2
    information[n, :n] = information[:n, n] = (met * (tie / 2 - tie * mean)).sum(axis=1)
    information[n, n] = (met * tie * (1 - tie)).sum() / 2
    return gradient, information
