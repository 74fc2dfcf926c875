"""Two mixtures side by side, each trained with several seeds: differences over items and seeds, exam by exam and all in all."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from math import isfinite
from typing import TYPE_CHECKING, NamedTuple

from mintza.benchmark.comparing import BIAS, Comparison, Difference, two_quantiles
from mintza.records import Measurement, Score

if TYPE_CHECKING:
    from mintza.stats import Seeded

Key = tuple[str, str, str]
"""Language, exam, metric."""
Values = Mapping[str, float]
"""Score by item."""


class Trained(NamedTuple):
    """A model of one seed: what it was measured as, and its scores. seed: None for a model that was not trained here."""

    seed: int | None
    measurements: Sequence[Measurement]
    scores: Sequence[Score]


class _Exam(NamedTuple):
    """of: a measurement, for its names.  rows: A less B on the same items, a row a pair.  both: the means of A and of B."""

    of: Measurement
    rows: list[list[float]]
    both: tuple[float, float]


def compare_over_seeds(a: Sequence[Trained], b: Sequence[Trained]) -> Comparison:
    """Compare mixtures by their pairs of the same seed (or each with the one model that has none), on items that all of them answered.

    An exam is compared by its first metric, where all were asked alike; what was not is named. Raises ValueError with fewer than two pairs.
    """
    pairs = [(one, other) for one in a for other in b if None in (one.seed, other.seed) or one.seed == other.seed]
    if len(pairs) < 2:
        raise ValueError("fewer than two seeds that both sides have")
    apart: list[str] = []
    by_language: dict[str, list[_Exam]] = defaultdict(list)
    for first in _first_metrics(pairs[0][0].measurements):
        found = _exam(first, pairs)
        if isinstance(found, str):
            apart.append(f"{first.exam} ({first.language}): {found}")
        else:
            by_language[first.language].append(found)
    exams: list[Difference] = []
    overall: list[Difference] = []
    for several in by_language.values():
        told = _told(several)
        exams += told
        counted = [k for k, one in enumerate(told) if one.category != BIAS] or list(range(len(told)))
        overall.append(told[counted[0]] if len(counted) == 1 else _over_all([several[k] for k in counted]))
    return Comparison(exams, overall, apart)


def _first_metrics(found: Sequence[Measurement]) -> list[Measurement]:
    first: dict[tuple[str, str], Measurement] = {}
    for one in found:
        first.setdefault((one.language, one.exam), one)
    return list(first.values())


def _exam(first: Measurement, pairs: Sequence[tuple[Trained, Trained]]) -> _Exam | str:
    """What is compared, or why it is not."""
    key = (first.language, first.exam, first.metric)
    every = {id(one): one for pair in pairs for one in pair}
    asked = {_asked(one, key) for one in every.values()}
    if None in asked:
        return "not all of them have it"
    if len(asked) > 1:
        return "asked otherwise"
    scores = {name: _scores(one, key) for name, one in every.items()}
    keys = sorted(set.intersection(*(set(found) for found in scores.values())))
    if len(keys) < 2:
        return "no items that all of them answered"
    rows = [[scores[id(one)][k] - scores[id(other)][k] for k in keys] for one, other in pairs]
    sides = [[scores[id(pair[side])][k] for pair in pairs for k in keys] for side in (0, 1)]
    return _Exam(first, rows, (sum(sides[0]) / len(sides[0]), sum(sides[1]) / len(sides[1])))


def _asked(one: Trained, key: Key) -> tuple[str, int] | None:
    mine = (m for m in one.measurements if (m.language, m.exam, m.metric) == key)
    return next(((m.protocol, m.shots) for m in mine), None)


def _scores(one: Trained, key: Key) -> Values:
    return {
        score.item_id: score.value
        for score in one.scores
        if (score.language, score.exam, score.metric) == key and isfinite(score.value)
    }


def _told(several: Sequence[_Exam]) -> list[Difference]:
    """A difference an exam, Holm over them."""
    from mintza.stats import holm

    made = [
        _difference(one.of, one.both, _mean(one.rows, [1.0] * len(one.rows[0])), len(one.rows[0])) for one in several
    ]
    adjusted = holm([one.p for one in made])
    return [one._replace(adjusted=float(p)) for one, p in zip(made, adjusted, strict=True)]


def _over_all(several: Sequence[_Exam]) -> Difference:
    """The mean over exams, each with the same weight."""
    rows = [[value for one in several for value in one.rows[k]] for k in range(len(several[0].rows))]
    weights = [1 / len(one.rows[0]) for one in several for _ in one.rows[0]]
    both = tuple(sum(one.both[side] for one in several) / len(several) for side in (0, 1))
    whole = _difference(several[0].of, (both[0], both[1]), _mean(rows, weights), len(weights))
    return whole._replace(exam=f"{len(several)} exams", category="mixed", exams=len(several), adjusted=whole.p)


def _mean(rows: Sequence[Sequence[float]], weights: Sequence[float]) -> Seeded:
    from mintza.stats import mean_over_seeds

    return mean_over_seeds(rows, weights, ["pair"] * len(rows))


def _difference(of: Measurement, both: tuple[float, float], found: Seeded, items: int) -> Difference:
    value, low, high, p = found.effect
    return Difference(
        language=of.language,
        exam=of.exam,
        category=of.category,
        metric=of.metric,
        both=both,
        value=value,
        low=low,
        high=high,
        p=p,
        adjusted=float("nan"),
        test="items and seeds",
        items=items,
        detectable=(high - low) / 2 / 1.96 * two_quantiles(),
    )
