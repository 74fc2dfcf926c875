"""What the target language gains and the others lose: each variant against its own backbone, on exams that all languages have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from statistics import NormalDist

import numpy as np

from mintza.records import Language
from mintza.report.effects import untouched_of
from mintza.report.material import Material
from mintza.report.scorebook import Measure, ScoreBook


@dataclass(frozen=True)
class Gain:
    """Points of per cent over the untouched backbone in a language; the ends None where there are no items to draw from."""

    language: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Traded:
    """A variant and its gains, in the order of the languages. exams: how many each mean is over."""

    model: str
    backbone: str
    gains: tuple[Gain, ...]
    exams: int


@dataclass(frozen=True)
class Tradeoff:
    """families: exams that stand in every language, by the name that they share.  rows: variants that sat some of them."""

    families: dict[str, dict[str, str]]
    rows: tuple[Traded, ...]


def tradeoff(material: Material, book: ScoreBook, *, level: float) -> Tradeoff:
    """Mean gain over exams (all alike) with a normal interval from the items within each; no rows with one language only.

    Where a variant was asked otherwise than its backbone an exam is left out for it, in all languages.
    """
    languages = (material.target, *material.also)
    shared = families(material, book)
    rows = []
    for model in material.models:
        untouched = untouched_of(model, material)
        if untouched is None or len(languages) < 2:
            continue
        usable = [
            exams
            for exams in shared.values()
            if all(_alike(book, model.name, untouched, exam, code) for code, exam in exams.items())
        ]
        if usable:
            gains = tuple(_gain(book, model.name, untouched, one.code, usable, level) for one in languages)
            rows.append(Traded(model.name, model.backbone, gains, len(usable)))
    return Tradeoff(shared, tuple(rows))


def families(material: Material, book: ScoreBook) -> dict[str, dict[str, str]]:
    """Shared name -> language code -> exam, of those that every language has."""
    languages = (material.target, *material.also)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for language in languages:
        for exam in book.exams("accuracy", language.code):
            found[family(exam, languages)].setdefault(language.code, exam)
    return {name: exams for name, exams in sorted(found.items()) if len(exams) == len(languages)}


def family(exam: str, languages: Sequence[Language]) -> str:
    """The name of an exam without its language: `belebele_eus_Latn`, `arc_eu_easy` and `arc_easy` meet their like."""
    words = exam.split("_")
    marks = {mark for one in languages for mark in (one.code.partition("_")[0], one.bcp47)}
    scripts = {one.code.partition("_")[2] for one in languages}
    kept = [
        word
        for place, word in enumerate(words)
        if word not in marks and not (word in scripts and place and words[place - 1] in marks)
    ]
    return "_".join(kept) or exam


def _alike(book: ScoreBook, model: str, untouched: str, exam: str, code: str) -> bool:
    one, other = book.measurement(model, exam, code), book.measurement(untouched, exam, code)
    if one is None or other is None or not (isfinite(one.value) and isfinite(other.value)):
        return False
    return book.asked(model, exam, code) == book.asked(untouched, exam, code)


def _gain(
    book: ScoreBook, model: str, untouched: str, code: str, usable: Sequence[dict[str, str]], level: float
) -> Gain:
    values, variances = [], []
    for exams in usable:
        one, other = (book.measurement(name, exams[code], code) for name in (model, untouched))
        values.append((one.value if one else 0.0) - (other.value if other else 0.0))
        measure = Measure("accuracy", code, exams[code])
        ours, theirs = book.scores(model, measure), book.scores(untouched, measure)
        both = [ours[key].value - theirs[key].value for key in sorted(ours.keys() & theirs.keys())]
        variances.append(float(np.var(both, ddof=1)) / len(both) if len(both) > 1 else float("nan"))
    value = 100 * fsum(values) / len(values)
    half = 100 * NormalDist().inv_cdf(0.5 + level / 2) * sqrt(fsum(variances)) / len(values)
    return Gain(code, value, value - half, value + half) if isfinite(half) else Gain(code, value, None, None)
