"""Scores come together: one measurement for each model, exam, language and metric, with its interval."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from mintza.records import Answer, Item, Measurement, Score

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mintza.stats import Interval

INTRINSIC = "intrinsic"
"""Category of what is no exam."""


@dataclass
class _Row:
    first: Answer
    shots: int
    categories: set[str]
    values: list[float] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


class Tables:
    """Rows in the order in which their first score came."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str, str, str], _Row] = {}

    def add(self, score: Score, answer: Answer, item: Item | None) -> None:
        """Count a score in its row. item: None for what is no exam."""
        row = self._rows.setdefault(
            (score.model, score.exam, score.language, score.metric),
            _Row(first=answer, shots=item.shots if item is not None else 0, categories=set()),
        )
        row.categories.add(item.category if item is not None else INTRINSIC)
        row.values.append(score.value)
        row.weights.append(score.weight)

    def measurements(self, *, seed: int, replicas: int) -> Iterator[Measurement]:
        """One a row. category: that of its items when they have one, else `mixed`."""
        for (model, exam, language, metric), row in self._rows.items():
            interval = _interval(metric, row, seed, replicas)
            yield Measurement(
                exam=exam,
                language=language,
                category=next(iter(row.categories)) if len(row.categories) == 1 else "mixed",
                model=model,
                metric=metric,
                value=interval.value,
                low=interval.low,
                high=interval.high,
                items=len(row.values),
                shots=row.shots,
                protocol=row.first.protocol,
                template=row.first.template,
            )


def _interval(metric: str, row: _Row, seed: int, replicas: int) -> Interval:
    from mintza.stats import bootstrap_mean, wilson

    if metric == "bits_per_byte":
        return bootstrap_mean(row.values, row.weights, seed=seed, replicas=replicas)
    return wilson(round(sum(row.values)), len(row.values))
