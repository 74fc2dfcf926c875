"""Do exams rank models as people do? Rank correlations between each exam and each criterion of the votes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, nan
from statistics import fmean

from mintza.records import Criterion
from mintza.report.material import Material
from mintza.report.scorebook import Kind, ScoreBook
from mintza.report.seeds import repeated
from mintza.report.votes.ratings import Standing
from mintza.stats import Agreement, rank_agreement

SEED = 1
FEWEST = 4
"""Models below which a correlation says nothing."""
REPLICAS_OF_AN_EXAM = 400


@dataclass(frozen=True)
class Agreed:
    """How far one exam (or, for None, the mean over the exams that all of these models sat) goes with people's votes."""

    criterion: Criterion
    kind: Kind
    language: str
    exam: str | None
    exams: int
    spearman: Agreement
    kendall: Agreement

    @property
    def seen(self) -> bool:
        """Whether the interval of Spearman's correlation leaves out zero, and luck does not do as much."""
        return self.spearman.p < 0.05 and not self.spearman.low <= 0 <= self.spearman.high


def compared_models(material: Material) -> list[str]:
    """Models of the table with most variants and their untouched backbones; never a reference, whose size and making differ."""
    tables = Counter(model.table for model in material.models if model.role == "variant")
    if not tables:
        return [model.name for model in material.models if model.role != "reference"]
    widest = max(tables, key=lambda table: tables[table])
    inside = [model for model in material.models if model.role == "variant" and model.table == widest]
    backbones = {model.backbone for model in inside}
    return [
        model.name
        for model in material.models
        if model in inside or (model.role == "untouched" and model.backbone in backbones)
    ]


def agreements(material: Material, book: ScoreBook, standings: Sequence[Standing], *, replicas: int) -> list[Agreed]:
    """Correlations by criterion, language and exam; bits per byte with its sign turned, so that more is better throughout."""
    units = _units(material)
    made: list[Agreed] = []
    kinds: tuple[Kind, ...] = ("accuracy", "bits_per_byte")
    for standing in standings:
        people = standing.scores()
        rated = [unit for unit in units if all(name in people for name in unit)]
        for code in (material.target.code, *(language.code for language in material.also)):
            for kind in kinds:
                exams = book.exams(kind, code)
                for exam in (*((None,) if kind == "accuracy" and len(exams) > 1 else ()), *exams):
                    values, over = _values(book, rated, kind, code, exam, book.counted(kind, code))
                    votes = [fmean(people[name] for name in unit) for unit in rated]
                    known = [(one, other) for one, other in zip(values, votes, strict=True) if isfinite(one)]
                    if len(known) < FEWEST:
                        continue
                    draws = replicas if exam is None else min(replicas, REPLICAS_OF_AN_EXAM)
                    x, y = [one for one, _ in known], [other for _, other in known]
                    spearman = rank_agreement(x, y, "spearman", seed=SEED, replicas=draws)
                    kendall = rank_agreement(x, y, "kendall", seed=SEED, replicas=draws)
                    if isfinite(spearman.value):
                        made.append(Agreed(standing.criterion, kind, code, exam, over, spearman, kendall))
    return made


def _units(material: Material) -> list[tuple[str, ...]]:
    """The models that are compared, seeds of a mixture together: they are one model trained again, and not several to correlate."""
    names = compared_models(material)
    seeds = {name: one.names for one in repeated(material) for name in one.names}
    return list(dict.fromkeys(seeds.get(name, (name,)) for name in names))


def _values(
    book: ScoreBook, units: Sequence[tuple[str, ...]], kind: Kind, code: str, exam: str | None, exams: Sequence[str]
) -> tuple[list[float], int]:
    """A value a model, NaN where it was not examined or otherwise than most; and over how many exams."""
    wanted = (
        [exam] if exam is not None else [one for one in exams if all(isfinite(v) for v in _of(book, units, code, one))]
    )
    columns = [_of(book, units, code, one) for one in wanted]
    sign = -1.0 if kind == "bits_per_byte" else 1.0
    if not columns:
        return [nan] * len(units), 0
    return [sign * fsum(column[k] for column in columns) / len(columns) for k in range(len(units))], len(columns)


def _of(book: ScoreBook, units: Sequence[tuple[str, ...]], code: str, exam: str) -> list[float]:
    found = [[book.measurement(name, exam, code) for name in unit] for unit in units]
    protocols = Counter((one.protocol, one.shots) for unit in found for one in unit if one is not None)
    usual = max(protocols, key=lambda asked: protocols[asked], default=None)
    return [
        fmean(one.value if one is not None and (one.protocol, one.shots) == usual else nan for one in unit)
        for unit in found
    ]
