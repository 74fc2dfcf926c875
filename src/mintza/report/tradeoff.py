"""What the target language gains and the others lose: each variant against its own backbone, on exams that all languages have."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum, isfinite, sqrt
from statistics import NormalDist, fmean

import numpy as np

from mintza.records import Language
from mintza.report.effects import untouched_of
from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import Measure, ScoreBook
from mintza.report.seeds import repeated
from mintza.stats import mean_over_seeds


@dataclass(frozen=True)
class Gain:
    """Points of per cent over the untouched backbone in a language; the ends None where there are no items to draw from."""

    language: str
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Traded:
    """A variant, or a mixture over its seeds, and its gains, in the order of the languages. exams: how many each mean is over.

    mixture: its components.  seeds: how many.
    """

    model: str
    backbone: str
    gains: tuple[Gain, ...]
    exams: int
    mixture: tuple[str, ...] = ()
    seeds: int = 1


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
    for name, members in _subjects(material):
        untouched = untouched_of(members[0], material)
        if untouched is None or len(languages) < 2:
            continue
        usable = [
            exams
            for exams in shared.values()
            if all(_alike(book, model.name, untouched, exam, code) for model in members for code, exam in exams.items())
        ]
        if usable:
            names = [model.name for model in members]
            gain = _gain_over_seeds if len(names) > 1 else _gain
            gains = tuple(gain(book, names, untouched, one.code, usable, level) for one in languages)
            rows.append(Traded(name, members[0].backbone, gains, len(usable), members[0].mixture, len(names)))
    return Tradeoff(shared, tuple(rows))


def _subjects(material: Material) -> list[tuple[str, tuple[ExaminedModel, ...]]]:
    """Mixtures over their seeds, each where its first seed stands, and variants that were trained once."""
    several = {model.name: one for one in repeated(material) for model in one.members}
    found = {
        (several[model.name].name if model.name in several else model.name): (
            several[model.name].members if model.name in several else (model,)
        )
        for model in material.models
    }
    return list(found.items())


def families(material: Material, book: ScoreBook) -> dict[str, dict[str, str]]:
    """Shared name -> language code -> exam, of those that every language has: as its definition says, else by its own name."""
    languages = (material.target, *material.also)
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for language in languages:
        for exam in book.counted("accuracy", language.code):
            name = material.families.get(exam) or family(exam, languages)
            found[name].setdefault(language.code, exam)
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


def _gain_over_seeds(
    book: ScoreBook, models: Sequence[str], untouched: str, code: str, usable: Sequence[dict[str, str]], level: float
) -> Gain:
    """With Student's interval over seeds and items, those of a small exam weighing more, so that exams count alike."""
    rows: list[list[float]] = [[] for _ in models]
    weights: list[float] = []
    for exams in usable:
        measure = Measure("accuracy", code, exams[code])
        scores = [book.scores(name, measure) for name in (*models, untouched)]
        keys = sorted(set.intersection(*(set(found) for found in scores)))
        weights += [1 / len(keys) for _ in keys]
        for row, ours in zip(rows, scores[:-1], strict=True):
            row += [ours[key].value - scores[-1][key].value for key in keys]
    if not weights:
        return _gain(book, models, untouched, code, usable, level)
    if len(weights) == 1:
        return Gain(code, 100 * fmean(row[0] for row in rows), None, None)
    value, low, high, _ = mean_over_seeds(rows, weights, ["seed"] * len(rows), level=level).effect
    return Gain(code, 100 * value, 100 * low, 100 * high)


def _gain(
    book: ScoreBook, models: Sequence[str], untouched: str, code: str, usable: Sequence[dict[str, str]], level: float
) -> Gain:
    model = models[0]
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
