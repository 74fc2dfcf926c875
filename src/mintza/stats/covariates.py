"""What sways votes besides the model: the side it stands on, and how its answers look."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Battles, Floats
from mintza.stats.effects import Effect
from mintza.stats.logistic import Fit, effect, fixed_strengths, logistic
from mintza.stats.rating import to_elo


class Adjusted(NamedTuple):
    """Scores of n models on the Elo scale with the covariates held equal, shape (n,), and the effect of each covariate."""

    scores: Floats
    effects: tuple[Effect, ...]


def position_bias(battles: Battles, *, level: float = 0.9) -> Effect:
    """What standing on the left is worth in Elo points, at equal strength; robust to voters' habits.

    Above nought the left side is favoured. Raises ValueError as `style_effects` does.
    Source: Davidson and Beaver (1977), On extending the Bradley-Terry model to incorporate within-pair order effects.
    """
    return style_effects(battles, np.ones((battles.score.size, 1)), level=level).effects[0]


def style_effects(battles: Battles, covariates: Floats, *, level: float = 0.9) -> Adjusted:
    """Strengths and covariates in one logistic model; covariates (b, k), of the left answer less that of the right one.

    Units are the caller's: given differences of log2 of the lengths, an effect is Elo points for an answer twice as long;
    `relative_difference` gives the form that leaderboards use. Intervals and p are Student's, errors by the jackknife over voters.
    An effect is what goes with votes at equal strength; whether style is part of quality no model can say.
    Raises DisconnectedComparison; ValueError for covariates of another shape or not finite, models without a finite score,
    covariates that cannot be told apart from the strengths, and one voter alone.
    Source: Chiang and others (2024), Chatbot Arena, and its style control (Li, Angelopoulos and Chiang, 2024).
    """
    columns = np.asarray(covariates, dtype=np.float64)
    if columns.ndim != 2 or columns.shape[0] != battles.score.size:
        raise ValueError(f"{battles.score.size} battles do not go with covariates of the shape {columns.shape}")
    if not np.isfinite(columns).all():
        raise ValueError("a covariate is not a finite number")
    fit = logistic(np.hstack([fixed_strengths(battles), columns]), battles.score, battles.voter)
    strengths = battles.models - 1
    scores = to_elo(np.concatenate([[0.0], fit.coefficients[:strengths]]))
    return Adjusted(scores, effects_of(fit, strengths, level))


def relative_difference(left: Floats, right: Floats) -> Floats:
    """(left - right) / (left + right), from -1 to 1, nought where both are; any shape. For lengths and counts of markup.

    Raises ValueError for numbers below nought.
    """
    if (left < 0).any() or (right < 0).any():
        raise ValueError("a length or a count is below nought")
    total = np.asarray(left + right, dtype=np.float64)
    return np.asarray((left - right) / np.where(total > 0, total, 1.0), dtype=np.float64)


def effects_of(fit: Fit, first: int, level: float) -> tuple[Effect, ...]:
    """Effects in Elo points of the columns from `first` on."""
    return tuple(effect(fit, column, level) for column in range(first, fit.coefficients.size))
