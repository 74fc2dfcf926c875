"""Scores come together: one measurement for each model, exam, language and metric, with its interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from math import isfinite
from string import ascii_uppercase
from typing import TYPE_CHECKING

import msgspec

from mintza.benchmark.measures.leanings import Leanings
from mintza.benchmark.measures.overlap import Held
from mintza.records import Answer, Item, Leaning, Measurement, Score

if TYPE_CHECKING:
    from mintza.stats import Interval

INTRINSIC = "intrinsic"
"""Category of what is no exam."""
CHOSEN = "chosen_"
"""Before the letter of a choice: share of the items whose answer was that one."""

Place = tuple[str, str, str]
"""Model, exam, language."""


@dataclass
class _Row:
    first: Answer
    shots: int
    categories: set[str]
    values: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


@dataclass
class _Choices:
    """How often each choice was taken, and could have been."""

    taken: Counter[int] = field(default_factory=Counter)
    open_to: Counter[int] = field(default_factory=Counter)


class Tables:
    """Rows in the order in which their first score came; parts of an exam after it.

    held: items that stand in training data, by the end of the metric's name that the others are measured under.
    """

    def __init__(self, held: Mapping[str, Held]) -> None:
        self._held = {end: (items, {item[:2] for item in items}) for end, items in held.items()}
        self._rows: dict[tuple[str, str, str, str], _Row] = {}
        self._clean: dict[tuple[str, str, str, str], _Row] = {}
        self._parts: dict[tuple[str, str, str, str], _Row] = {}
        self._choices: dict[Place, _Choices] = {}
        self._leanings: dict[Place, Leanings] = {}

    def add(self, score: Score, answer: Answer, item: Item | None) -> None:
        """Count a score in its row, and in that of its part of the exam. item: None for what is no exam."""
        _count(self._rows, score.exam, score, answer, item)
        if item is None or not self._judged(score, item):
            return
        place = (item.exam, item.language)
        for end, (items, exams) in self._held.items():
            if place in exams and (*place, item.id) not in items:
                clean = msgspec.structs.replace(score, metric=f"{score.metric}{end}")
                _count(self._clean, score.exam, clean, answer, item)
        if item.part:
            _count(self._parts, score.exam.replace(item.exam, item.part, 1), score, answer, item)

    def _judged(self, score: Score, item: Item) -> bool:
        """Whether the exam is judged by this score; letters have `acc` alone."""
        return score.metric in (item.metric, "acc" if item.metric == "acc_bytes" and score.exam != item.exam else "")

    def choose(self, answer: Answer, item: Item, index: int | None) -> None:
        """Count which choice was taken, and how it leans in a question on stereotypes."""
        if isinstance(item.leaning, Leaning):
            parts = (answer.exam.replace(item.exam, item.part, 1),) if item.part else ()
            for exam in (answer.exam, *parts):
                self._leanings.setdefault((answer.model, exam, answer.language), Leanings()).add(item, index)
        if len(item.choices) > len(ascii_uppercase):
            return
        choices = self._choices.setdefault((answer.model, answer.exam, answer.language), _Choices())
        choices.open_to.update(range(len(item.choices)))
        if index is not None:
            choices.taken[index] += 1

    def measurements(self, *, seed: int, replicas: int) -> Iterator[Measurement]:
        """One a row; then exams without the items that stand in training data, parts of exams, which choices were taken.

        category: that of its items if they share it, else `mixed`.
        Choices are of the category `intrinsic`: they say how a model answers, and not how well.
        """
        for place, row in self._rows.items():
            yield _measurement(place, row, seed, replicas)
        for place, row in self._clean.items():
            yield _measurement(place, row, seed, replicas)
        for place, row in self._parts.items():
            yield msgspec.structs.replace(_measurement(place, row, seed, replicas), standing="part")
        for rows in (self._rows, self._parts):
            for (model, exam, language, _), row in rows.items():
                yield from self._leaning((model, exam, language), row, seed, replicas, part=rows is self._parts)
        for (model, exam, language, _), row in self._rows.items():
            yield from self._chosen((model, exam, language), row)

    def _leaning(self, place: Place, row: _Row, seed: int, replicas: int, *, part: bool) -> Iterator[Measurement]:
        leanings = self._leanings.pop(place, None)
        for metric, found, items in leanings.measured(seed=seed, replicas=replicas) if leanings is not None else ():
            whole = _named(place, metric, found, items, row, "bias")
            yield msgspec.structs.replace(whole, standing="part") if part else whole

    def _chosen(self, place: Place, row: _Row) -> Iterator[Measurement]:
        from mintza.stats import wilson

        choices = self._choices.pop(place, None)
        for index, possible in sorted(choices.open_to.items()) if choices is not None else ():
            assert choices is not None
            share = wilson(choices.taken[index], possible)
            yield _named(place, f"{CHOSEN}{ascii_uppercase[index]}", share, possible, row, INTRINSIC)


def _count(
    rows: dict[tuple[str, str, str, str], _Row], exam: str, score: Score, answer: Answer, item: Item | None
) -> None:
    row = rows.setdefault(
        (score.model, exam, score.language, score.metric),
        _Row(first=answer, shots=item.shots if item is not None else 0, categories=set()),
    )
    row.categories.add(item.category if item is not None else INTRINSIC)
    row.values.append(score.value)
    row.weights.append(score.weight)


def _measurement(place: tuple[str, str, str, str], row: _Row, seed: int, replicas: int) -> Measurement:
    *where, metric = place
    category = next(iter(row.categories)) if len(row.categories) == 1 else "mixed"
    interval = _interval(metric, row, seed, replicas)
    return _named((where[0], where[1], where[2]), metric, interval, len(row.values), row, category)


def _named(place: Place, metric: str, found: Interval, items: int, row: _Row, category: str) -> Measurement:
    model, exam, language = place
    return Measurement(
        exam=exam,
        language=language,
        category=category,
        model=model,
        metric=metric,
        value=found.value,
        low=found.low if isfinite(found.low) else None,
        high=found.high if isfinite(found.high) else None,
        items=items,
        shots=row.shots,
        protocol=row.first.protocol,
        template=row.first.template,
    )


def _interval(metric: str, row: _Row, seed: int, replicas: int) -> Interval:
    from mintza.stats import bootstrap_mean, wilson

    if metric != "bits_per_byte" and all(value in (0.0, 1.0) for value in row.values):
        return wilson(round(sum(row.values)), len(row.values))
    return bootstrap_mean(row.values, row.weights, seed=seed, replicas=replicas)
