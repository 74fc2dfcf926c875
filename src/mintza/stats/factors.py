"""Factor effects: what a corpus, instructions or a backbone are worth over all models, from battles and from exams."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Battles, Floats, Indices, points
from mintza.stats.covariates import effects_of
from mintza.stats.effects import Effect, paired_difference
from mintza.stats.logistic import between, dummies, logistic
from mintza.stats.rating import bradley_terry, connected, to_elo
from mintza.stats.student import student_half

Level = bool | str


class Factors(NamedTuple):
    """Names of k effects, and their columns over n models, shape (n, k)."""

    names: tuple[str, ...]
    columns: Floats


class BattleEffects(NamedTuple):
    """Effects in Elo points by name, and how far the models' own scores lie from what the factors say of them.

    `unexplained` is the root mean square in Elo points over the models that have factors: large means that the models are not
    the sum of these factors, and that the effects are averages over what was fought. NaN when a model has no score of its own.
    """

    effects: dict[str, Effect]
    unexplained: float


class ExamEffects(NamedTuple):
    """Effects in the unit of the scores by name, and the indices of exams that too few models took."""

    effects: dict[str, Effect]
    left_out: tuple[int, ...]


def factors(levels: Mapping[str, Sequence[Level]], interactions: Sequence[tuple[str, ...]] = ()) -> Factors:
    """Columns of factors over n models: each factor has one level a model; two levels, or more with the first as base.

    Levels are True and False (the effect is named after the factor), or names ("backbone=base" is against the first name in
    order of appearance). Columns are centred on the mean of the levels, not of the models: with interactions, an effect is
    still the average over the levels of the others, and an interaction of two is the difference of differences.
    Raises ValueError for factors of different lengths, of one level, and interactions of unknown factors.
    """
    main = {name: _contrasts(name, given) for name, given in levels.items()}
    if not main or len({len(given) for given in levels.values()}) != 1:
        raise ValueError(f"factors give one level a model each: { ({k: len(v) for k, v in levels.items()}) }")
    columns = {label: column for contrasts in main.values() for label, column in contrasts.items()}
    for names in interactions:
        if unknown := [name for name in names if name not in main]:
            raise ValueError(f"an interaction names {unknown}; the factors are {sorted(main)}")
        product = {"": np.ones(len(levels[names[0]]))}
        for name in names:
            product = {
                f"{so_far} x {label}" if so_far else label: before * column
                for so_far, before in product.items()
                for label, column in main[name].items()
            }
        columns |= product
    return Factors(tuple(columns), np.stack(list(columns.values()), axis=1))


def _contrasts(name: str, given: Sequence[Level]) -> dict[str, Floats]:
    found: list[Level] = [False, True] if set(given) == {False, True} else list(dict.fromkeys(given))
    if len(found) < 2:
        raise ValueError(f"factor {name} has one level only: {found}")
    return {
        name if level is True else f"{name}={level}": np.array([float(own == level) for own in given]) - 1 / len(found)
        for level in found[1:]
    }


def battle_effects(
    battles: Battles, of_models: Factors, *, others: Sequence[int] = (), level: float = 0.9
) -> BattleEffects:
    """Factor effects in Elo points straight from battles: a model's strength is the sum of its factors' columns.

    `others` are indices of models outside the design (references): each has a strength of its own, and its row of columns
    counts as nought. Intervals and p are Student's, errors by the jackknife over voters: they tell about these models and other
    voters, not about other models. Raises ValueError for shapes that do not agree, battles that do not join the models, factors that these
    models do not tell apart, and one voter alone.
    """
    columns = np.array(of_models.columns, dtype=np.float64)
    if columns.shape != (battles.models, len(of_models.names)):
        raise ValueError(f"{battles.models} models do not go with columns of the shape {columns.shape}")
    outside = sorted(set(others))
    columns[outside] = 0.0
    inside = np.setdiff1d(np.arange(battles.models), np.asarray(outside, dtype=np.int64))
    told_apart(columns[inside] - columns[inside].mean(axis=0), of_models.names)
    # References stand apart from the others by a free amount each, so that where nought lies does not matter.
    of_each = np.hstack([columns, dummies(battles.models, outside)])
    fit = logistic(between(battles, of_each), battles.score, battles.voter)
    effects = dict(zip(of_models.names, effects_of(fit, 0, level), strict=False))
    return BattleEffects(effects, _unexplained(battles, of_each @ fit.coefficients, inside))


def _unexplained(battles: Battles, predicted: Floats, inside: Indices) -> float:
    """Root mean square of own score less predicted, Elo points, both with mean nought over the models inside."""
    table = points(battles)
    if len(connected(table)) > 1:
        return float("nan")
    apart = bradley_terry(table).scores[inside] - to_elo(predicted)[inside]
    return float(np.sqrt(np.mean((apart - apart.mean()) ** 2)))


def told_apart(columns: Floats, names: Sequence[str]) -> None:
    """ValueError that names the first effect which is a sum of those before it over these models."""
    for k, name in enumerate(names, 1):
        if np.linalg.matrix_rank(columns[:, :k]) < k:
            raise ValueError(f"these models do not tell {name!r} from the effects before it: leave it out")


def exam_effects(
    scores: Floats, of_models: Factors, *, seed: int, replicas: int = 2000, level: float = 0.9
) -> ExamEffects:
    """Factor effects from a table of scores, shape (n, m) of n models and m exams, NaN where a model did not sit one.

    Least squares with an intercept, exam by exam; an effect is its mean over exams, all counting alike, with Student's interval
    and permutation p over exams (`paired_difference` with nought): they tell about these models and other exams. One exam alone
    has infinite ends. An exam sat by models that do not tell the effects apart is left out. Raises ValueError when none remains,
    or shapes differ.
    """
    table = np.asarray(scores, dtype=np.float64)
    columns = of_models.columns
    if table.ndim != 2 or table.shape[0] != columns.shape[0]:
        raise ValueError(f"scores of the shape {table.shape} do not go with columns of the shape {columns.shape}")
    told_apart(columns - columns.mean(axis=0), of_models.names)
    found, left_out = [], []
    for exam in range(table.shape[1]):
        sat = np.isfinite(table[:, exam])
        design = np.hstack([np.ones((int(sat.sum()), 1)), columns[sat]])
        if np.linalg.matrix_rank(design) < design.shape[1]:
            left_out.append(exam)
            continue
        found.append(np.linalg.lstsq(design, table[sat, exam], rcond=None)[0][1:])
    if not found:
        raise ValueError("no exam was sat by models that tell these effects apart")
    each = np.stack(found)
    effects = {
        name: _over_exams(each[:, k], seed=seed, replicas=replicas, level=level)
        for k, name in enumerate(of_models.names)
    }
    return ExamEffects(effects, tuple(left_out))


def _over_exams(shown: Floats, *, seed: int, replicas: int, level: float) -> Effect:
    """Mean of what m exams show, shape (m,), with Student's interval and the p of turning their signs."""
    m = shown.size
    none = np.zeros(m)
    found = paired_difference(shown, none, none + 1, seed=seed, replicas=replicas, level=level)
    half = student_half(level, m - 1) * float(shown.std(ddof=1)) / np.sqrt(m) if m > 1 else np.inf
    return Effect(found.value, found.value - float(half), found.value + float(half), found.p)
