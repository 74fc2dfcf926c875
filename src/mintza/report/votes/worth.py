"""What each factor of the design is worth to people, in Elo points, and in exams, in points of per cent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from math import isfinite

import numpy as np

from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import ScoreBook
from mintza.report.votes.ratings import LEVEL, Standing
from mintza.stats import Effect, Factors, battle_effects, exam_effects, factors, holm

SEED = 1


@dataclass(frozen=True)
class Worth:
    """One effect. source: a criterion of votes, or a language's exams.  unit: Elo or points.  holm: p corrected over its source."""

    source: str
    factor: str
    unit: str
    effect: Effect
    holm: float

    @property
    def seen(self) -> bool:
        """Whether the interval leaves out zero, and p does after Holm's correction as well."""
        return self.holm < 0.05 and (self.effect.low > 0 or self.effect.high < 0)


@dataclass(frozen=True)
class Worths:
    """Effects in the order of their sources. unexplained: by criterion, how far models lie from the sum of factors, in Elo.

    notes: what could not be estimated, and why.
    """

    effects: tuple[Worth, ...]
    unexplained: dict[str, float]
    notes: tuple[str, ...]


def worths(material: Material, book: ScoreBook, standings: Sequence[Standing]) -> Worths:
    """Main effects of backbone and components, and interactions of two components, as far as the models tell them apart."""
    by_name = {model.name: model for model in material.models}
    made: list[Worth] = []
    unexplained: dict[str, float] = {}
    notes: list[str] = []
    for standing in standings:
        if standing.battles is None:
            continue
        models = [by_name[name] for name in standing.rated]
        outside = [k for k, model in enumerate(models) if model.role == "reference"]
        for names in _designs(models):
            try:
                found = battle_effects(standing.battles, _columns(models, names), others=outside, level=LEVEL)
            except (ValueError, np.linalg.LinAlgError) as error:
                reason = str(error)
                continue
            made += _corrected(standing.criterion, "Elo", found.effects)
            unexplained[standing.criterion] = found.unexplained
            break
        else:
            notes.append(f"No effects from votes on {standing.criterion}: {reason}.")
    for code in (material.target.code, *(language.code for language in material.also)):
        made += _from_exams(material, book, code, notes)
    return Worths(tuple(made), unexplained, tuple(notes))


def _from_exams(material: Material, book: ScoreBook, code: str, notes: list[str]) -> list[Worth]:
    models = [model for model in material.models if model.role != "reference"]
    exams = book.counted("accuracy", code)
    table = np.full((len(models), len(exams)), np.nan)
    for i, model in enumerate(models):
        for j, exam in enumerate(exams):
            found = book.measurement(model.name, exam, code)
            if found is not None and isfinite(found.value):
                table[i, j] = 100 * found.value
    if not exams or not models:
        return []
    reason = ""
    for names in _designs(models):
        try:
            effects = exam_effects(table, _columns(models, names), seed=SEED, level=LEVEL).effects
        except (ValueError, np.linalg.LinAlgError) as error:
            reason = str(error)
            continue
        return _corrected(code, "points", effects)
    notes.append(f"No effects of factors from the exams in {code}: {reason}.")
    return []


def _designs(models: Sequence[ExaminedModel]) -> list[tuple[tuple[str, ...], bool]]:
    """What to try, the fullest first: components (and whether they interact); the backbone goes with all."""
    inside = [model for model in models if model.role != "reference"]
    named = dict.fromkeys(name for model in inside for name in model.mixture)
    varying = tuple(name for name in named if len({name in model.mixture for model in inside}) > 1)
    return [(varying, True), (varying, False)]


def _columns(models: Sequence[ExaminedModel], design: tuple[tuple[str, ...], bool]) -> Factors:
    """Columns over the models; those of a reference are never read."""
    names, interact = design
    inside = [model for model in models if model.role != "reference"]
    backbones = list(dict.fromkeys(model.backbone for model in inside))
    levels: dict[str, list[bool | str]] = {}
    if len(backbones) > 1:
        levels["backbone"] = [model.backbone if model.backbone in backbones else backbones[0] for model in models]
    for name in names:
        levels[name] = [name in model.mixture for model in models]
    if not levels:
        raise ValueError("the models differ in no factor")
    return factors(levels, list(combinations(names, 2)) if interact else [])


def _corrected(source: str, unit: str, effects: dict[str, Effect]) -> list[Worth]:
    corrected = holm([effect.p for effect in effects.values()])
    return [
        Worth(source, name, unit, effect, float(p))
        for (name, effect), p in zip(effects.items(), corrected, strict=True)
    ]
