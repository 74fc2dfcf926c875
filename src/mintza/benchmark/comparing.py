"""Two models side by side: exam by exam and all in all, each difference with its test."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Literal, NamedTuple

from mintza.records import Measurement, Score

if TYPE_CHECKING:
    from mintza.stats import Effect

Test = Literal["McNemar", "paired permutation", "two proportions", "z", "items and seeds"]
LOWER_IS_BETTER = frozenset({"bits_per_byte", "empty_answers", "no_option", "repetition"})
NO_SHARES = frozenset({"bits_per_byte"})
BIAS = "bias"
"""Category of exams that say how a model errs, and belong to no mean."""
SEED = 1

Where = tuple[str, str]
"""Language and exam."""
Asked = tuple[str, str, int]
"""Metric, protocol, shots: what must be the same for two numbers to be compared."""


class Difference(NamedTuple):
    """A less B, in the metric's own unit. p: of the test.  adjusted: by Holm over the exams of the language, NaN for one of several.

    items: that both answered, or the fewer of both.  detectable: smallest difference that such items show with chance 0.8.
    exams: over how many.  both: the values of A and of B.
    """

    language: str
    exam: str
    category: str
    metric: str
    both: tuple[float, float]
    value: float
    low: float
    high: float
    p: float
    adjusted: float
    test: Test
    items: int
    detectable: float
    exams: int = 1

    @property
    def gain(self) -> float:
        """The difference with its sign turned so that above nought A is better."""
        return -self.value if self.metric in LOWER_IS_BETTER else self.value

    @property
    def share(self) -> bool:
        """Whether the metric is a share, which is told in points."""
        return self.metric not in NO_SHARES


class Comparison(NamedTuple):
    """exams: a difference each.  overall: one a language, over its exams with equal weight, those of bias left out where there are
    others.  apart: what could not be compared.
    """

    exams: list[Difference]
    overall: list[Difference]
    apart: list[str]


def compare(
    a: Sequence[Measurement], b: Sequence[Measurement], scores: tuple[Sequence[Score], Sequence[Score]] | None
) -> Comparison:
    """Compare two models' measurements, by their items where scores are given, else as if they had answered different items.

    An exam is compared by the first metric that both have. Numbers that were asked otherwise are named and left out, as are those
    that are not finite and results without items.
    """
    ours, theirs = _by_exam(a), _by_exam(b)
    lone = sorted({*ours} ^ {*theirs})
    apart = [f"{', '.join(exam for _, exam in lone)}: only one of the two has it"] if lone else []
    pairs: list[tuple[Measurement, Measurement]] = []
    for where in ours:
        if where in theirs:
            one, other = _alike(ours[where], theirs[where])
            wrong = _wrong(one, other)
            if wrong:
                apart.append(f"{where[1]} ({where[0]}): {wrong}")
            else:
                pairs.append((one, other))
    if scores is None:
        return _finished([(_of_shares(*pair), None) for pair in pairs], apart)
    items = [_items(side) for side in scores]
    found: list[tuple[Difference, _Paired | None]] = []
    for one, _ in pairs:
        both = _common(one, items[0], items[1])
        if both is None:
            apart.append(f"{one.exam} ({one.language}): no item that both answered")
        else:
            found.append((_of_items(one, both), both))
    return _finished(found, apart)


class _Paired(NamedTuple):
    a: list[float]
    b: list[float]
    weights: list[float]


def _by_exam(measurements: Iterable[Measurement]) -> dict[Where, list[Measurement]]:
    """All measurements of every exam, in their order."""
    found: dict[Where, list[Measurement]] = defaultdict(list)
    for one in measurements:
        found[one.language, one.exam].append(one)
    return found


def _alike(ours: Sequence[Measurement], theirs: Sequence[Measurement]) -> tuple[Measurement, Measurement]:
    """The first two that were asked alike; the first of each where none were."""
    both = ((one, other) for one in ours for other in theirs if _asked(one) == _asked(other))
    return next(both, (ours[0], theirs[0]))


def _wrong(one: Measurement, other: Measurement) -> str | None:
    if _asked(one) != _asked(other):
        return f"asked otherwise: {' '.join(map(str, _asked(one)))} and {' '.join(map(str, _asked(other)))}"
    if not (isfinite(one.value) and isfinite(other.value)):
        return "a value that is no number"
    if one.items < 1 or other.items < 1:
        return "a result without items"
    return None


def _asked(one: Measurement) -> Asked:
    return one.metric, one.protocol, one.shots


def _items(scores: Iterable[Score]) -> dict[tuple[str, str, str], dict[str, tuple[float, float]]]:
    """Value and weight of items, by language, exam and metric."""
    found: dict[tuple[str, str, str], dict[str, tuple[float, float]]] = defaultdict(dict)
    for score in scores:
        if isfinite(score.value) and isfinite(score.weight):
            found[score.language, score.exam, score.metric][score.item_id] = (score.value, score.weight)
    return found


def _common(
    one: Measurement,
    ours: Mapping[tuple[str, str, str], Mapping[str, tuple[float, float]]],
    theirs: Mapping[tuple[str, str, str], Mapping[str, tuple[float, float]]],
) -> _Paired | None:
    place = (one.language, one.exam, one.metric)
    mine, others = ours.get(place, {}), theirs.get(place, {})
    keys = [key for key in mine if key in others]
    if not keys:
        return None
    return _Paired([mine[k][0] for k in keys], [others[k][0] for k in keys], [mine[k][1] for k in keys])


def _of_items(one: Measurement, both: _Paired) -> Difference:
    from mintza.stats import mcnemar_of_items, paired_difference, smallest_detectable_mean, smallest_detectable_share

    effect = paired_difference(both.a, both.b, both.weights, seed=SEED)
    binary = all(value in (0.0, 1.0) for value in (*both.a, *both.b))
    apart = [x - y for x, y in zip(both.a, both.b, strict=True)]
    n = len(apart)
    if binary:
        p, test = mcnemar_of_items(both.a, both.b), "McNemar"
        share = sum(1 for x in apart if x) / n
        # Models that never or always differ say nothing of how often they would: then the usual fifth is taken.
        detectable = smallest_detectable_share(n, discordant=share if 0 < share < 1 else 0.2)
    else:
        p, test = effect.p, "paired permutation"
        mean = sum(apart) / n
        spread = sqrt(sum((x - mean) ** 2 for x in apart) / n)
        detectable = smallest_detectable_mean(n, spread=spread) if spread > 0 else float("nan")
    heft = sum(both.weights)
    means = [sum(v * w for v, w in zip(side, both.weights, strict=True)) / heft for side in (both.a, both.b)]
    return _difference(one, (means[0], means[1]), effect._replace(p=p), test, n, detectable)  # type: ignore[arg-type]


def _of_shares(one: Measurement, other: Measurement) -> Difference:
    """As if of different items; of what is no share the difference alone, without a test."""
    from mintza.stats import Effect, smallest_detectable_of_two, two_shares

    both = (one.value, other.value)
    fewer = min(one.items, other.items)
    if not all(0 <= value <= 1 for value in both) or one.metric in NO_SHARES:
        nothing = float("nan")
        return _difference(one, both, Effect(both[0] - both[1], nothing, nothing, nothing), "z", fewer, nothing)
    effect = two_shares(round(one.value * one.items), one.items, round(other.value * other.items), other.items)
    middle = min(max(sum(both) / 2, 0.01), 0.99)
    detectable = smallest_detectable_of_two(one.items, other.items, share=middle)
    return _difference(one, both, effect._replace(value=both[0] - both[1]), "two proportions", fewer, detectable)


def _difference(
    one: Measurement, both: tuple[float, float], effect: Effect, test: Test, items: int, detectable: float
) -> Difference:
    return Difference(
        language=one.language,
        exam=one.exam,
        category=one.category,
        metric=one.metric,
        both=both,
        value=effect.value,
        low=effect.low,
        high=effect.high,
        p=effect.p,
        adjusted=float("nan"),
        test=test,
        items=items,
        detectable=detectable,
    )


def _finished(found: list[tuple[Difference, _Paired | None]], apart: list[str]) -> Comparison:
    """Holm over the exams of each language, and one difference over all of them."""
    from mintza.stats import holm

    by_language: dict[str, list[tuple[Difference, _Paired | None]]] = defaultdict(list)
    for one in found:
        by_language[one[0].language].append(one)
    exams: list[Difference] = []
    overall: list[Difference] = []
    for several in by_language.values():
        adjusted = holm([difference.p for difference, _ in several])
        told = [d._replace(adjusted=float(p)) for (d, _), p in zip(several, adjusted, strict=True)]
        exams += told
        counted = [k for k, one in enumerate(told) if one.category != BIAS] or list(range(len(told)))
        whole = _over_all([told[k] for k in counted], [several[k][1] for k in counted])
        if whole is not None:
            overall.append(whole)
    return Comparison(exams, overall, apart)


def _over_all(exams: Sequence[Difference], paired: Sequence[_Paired | None]) -> Difference | None:
    """The mean over exams, each with the same weight; None where they are not all shares."""
    if len(exams) == 1:
        return exams[0]
    if not all(one.share for one in exams):
        return None
    count = len(exams)
    means = (sum(one.both[0] for one in exams) / count, sum(one.both[1] for one in exams) / count)
    effect, test, detectable = _of_all_items(paired) if all(paired) else _of_all_shares(exams)
    return Difference(
        language=exams[0].language,
        exam=f"{count} exams",
        category="mixed",
        metric=exams[0].metric,
        both=means,
        value=means[0] - means[1],
        low=effect.low,
        high=effect.high,
        p=effect.p,
        adjusted=effect.p,
        test=test,
        items=sum(one.items for one in exams),
        detectable=detectable,
        exams=count,
    )


def _of_all_items(paired: Sequence[_Paired | None]) -> tuple[Effect, Test, float]:
    from mintza.stats import paired_difference

    several = [one for one in paired if one is not None]
    a = [value for one in several for value in one.a]
    b = [value for one in several for value in one.b]
    # Items of a small exam weigh more, so that exams weigh the same.
    weights = [1 / len(one.a) for one in several for _ in one.a]
    effect = paired_difference(a, b, weights, seed=SEED)
    return effect, "paired permutation", (effect.high - effect.low) / 2 / 1.96 * two_quantiles()


def _of_all_shares(exams: Sequence[Difference]) -> tuple[Effect, Test, float]:
    from mintza.stats import Effect

    errors = [(one.high - one.low) / 2 / 1.96 for one in exams if isfinite(one.high - one.low)]
    value = sum(one.value for one in exams) / len(exams)
    error = sqrt(sum(e * e for e in errors)) / len(exams)
    p = 2 * (1 - NormalDist().cdf(abs(value) / error)) if error > 0 else 1.0
    return Effect(value, value - 1.96 * error, value + 1.96 * error, min(1.0, p)), "z", error * two_quantiles()


def two_quantiles() -> float:
    """Normal quantiles of a two-sided test at 0.05 and a power of 0.8, added."""
    return NormalDist().inv_cdf(0.975) + NormalDist().inv_cdf(0.8)
