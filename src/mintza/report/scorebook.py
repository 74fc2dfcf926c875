"""Scores by model and measure, so that two models can be put side by side item by item."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Literal, NamedTuple

from mintza.records import Measurement, Score
from mintza.report.material import Material

Kind = Literal["bits_per_byte", "accuracy", "right_language"]
KINDS: tuple[Kind, ...] = ("bits_per_byte", "accuracy", "right_language")
BITS_PREFIX = "bits_per_byte."
BESIDE = frozenset({"empty_answers", "language_share", "repetition", "no_option"})
"""Metrics that go into the tables and bear no finding; besides which choices were taken, `chosen_A`, `acc_clean`, `bias_ambig`."""
CHOSEN = "chosen_"
LEANING = "bias_"
CLEAN, UNSEEN = "_clean", "_unseen"
BIAS = "bias"
"""Category of exams that say how a model errs, and stand in no number over all exams."""
SIBLINGS = ("_gen", "_cloze")

ItemKey = tuple[str, str]
"""Exam and item id."""
Asked = tuple[str, int]
"""Protocol and shots: answers to the same item asked otherwise are not comparable."""


@dataclass(frozen=True)
class Measure:
    """What is measured: a kind, in a language, on one exam (or source of texts), None for all of them together."""

    kind: Kind
    language: str
    exam: str | None = None


class Scored(NamedTuple):
    """What an item was worth to a model, and how much it weighs (bytes of a text, else 1)."""

    value: float
    weight: float


def kind_of(exam: str, metric: str) -> Kind | None:
    """Which kind of measure a metric of an exam is; None for what stands beside."""
    if metric == "bits_per_byte":
        return "bits_per_byte"
    if metric == "right_language":
        return "right_language"
    beside = metric in BESIDE or metric.startswith((CHOSEN, LEANING)) or metric.endswith((CLEAN, UNSEEN))
    return None if beside or exam.startswith(BITS_PREFIX) else "accuracy"


class ScoreBook:
    """All scores and measurements of a study. An exam is judged by the metric that stands first for it."""

    def __init__(self, material: Material) -> None:
        self.primary = _primary(material)
        self._measurements = {
            (m.model, m.exam, m.language): m
            for m in material.measurements
            if self.primary.get((m.exam, m.language)) == m.metric
        }
        self._scores: dict[tuple[str, Measure], dict[ItemKey, Scored]] = defaultdict(dict)
        self._apart = _siblings(self.primary) | {
            (m.exam, m.language) for m in material.measurements if m.category == BIAS
        }
        for score in material.scores:
            kind = kind_of(score.exam, score.metric)
            if kind is None or self.primary.get((score.exam, score.language)) != score.metric:
                continue
            if isfinite(score.value) and isfinite(score.weight):
                apart = (score.exam, score.language) in self._apart
                for exam in (score.exam,) if apart else (None, score.exam):
                    place = self._scores[(score.model, Measure(kind, score.language, exam))]
                    place[(score.exam, score.item_id)] = Scored(score.value, score.weight)

    def scores(self, model: str, measure: Measure) -> Mapping[ItemKey, Scored]:
        """Scores of a model by exam and item; none when it was not measured so."""
        return self._scores.get((model, measure), {})

    def all_scores(self, measure: Measure) -> list[Mapping[ItemKey, Scored]]:
        """Scores of every model that has some by a measure."""
        return [scores for (_, measured), scores in self._scores.items() if measured == measure]

    def measurement(self, model: str, exam: str, language: str) -> Measurement | None:
        """The number of a model in an exam, by the metric that the exam is judged by."""
        return self._measurements.get((model, exam, language))

    def asked(self, model: str, exam: str, language: str) -> Asked | None:
        """How a model was asked; None when no measurement says so."""
        found = self.measurement(model, exam, language)
        return (found.protocol, found.shots) if found else None

    def template(self, model: str, exam: str, language: str) -> str | None:
        """Digest of the chat template that a model was asked under, None for plain."""
        found = self.measurement(model, exam, language)
        return found.template if found else None

    def exams(self, kind: Kind, language: str) -> tuple[str, ...]:
        """Exams (or sources of texts) of a kind in a language, in the order in which they stand."""
        return tuple(
            exam for (exam, code), metric in self.primary.items() if code == language and kind_of(exam, metric) == kind
        )

    def counted(self, kind: Kind, language: str) -> tuple[str, ...]:
        """Those of them that stand in a number over all: not exams of bias, nor an exam that is asked otherwise beside itself."""
        return tuple(exam for exam in self.exams(kind, language) if (exam, language) not in self._apart)

    def measures(self, language: str) -> list[Measure]:
        """The kinds that were measured in a language, each over all of its exams."""
        return [Measure(kind, language) for kind in KINDS if self.exams(kind, language)]


def _siblings(primary: Mapping[tuple[str, str], str]) -> set[tuple[str, str]]:
    """Exams that are asked otherwise beside an exam (`NAME_gen`, `NAME_cloze`): they stand in no number over all exams with it."""
    return {
        (exam, language)
        for exam, language in primary
        if any(exam.endswith(end) and (exam.removesuffix(end), language) in primary for end in SIBLINGS)
    }


def _primary(material: Material) -> dict[tuple[str, str], str]:
    """(exam, language) -> the metric that stands first for it among the measurements, then among the scores."""
    found: dict[tuple[str, str], str] = {}
    wholes = [m for m in material.measurements if m.standing != "part"]
    rows: list[Measurement | Score] = [*wholes, *material.scores]
    for row in rows:
        if kind_of(row.exam, row.metric) is not None:
            found.setdefault((row.exam, row.language), row.metric)
    return found
