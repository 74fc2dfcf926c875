"""Two models side by side, by items where they are kept and else as two proportions."""

from __future__ import annotations

from math import comb, isnan, nan

import pytest

from mintza.benchmark.comparing import Comparison, compare
from mintza.records import Measurement, Score

A = "m.a"
B = "m.b"


def result(
    exam: str, value: float, *, model: str = A, items: int = 100, metric: str = "acc", **more: object
) -> Measurement:
    plain = {
        "exam": exam, "language": "eus_Latn", "category": "knowledge", "model": model, "metric": metric, "value": value,
        "low": None, "high": None, "items": items, "shots": 5, "protocol": "likelihood", "template": None, **more,
    }  # fmt: skip
    return Measurement(**plain)  # type: ignore[arg-type]


def scored(exam: str, values: str, *, model: str = A) -> list[Score]:
    """Items q0, q1, ...: right (1), wrong (0), not there (-)."""
    return [
        Score(exam=exam, item_id=f"q{n}", model=model, metric="acc", value=float(v), weight=1.0, language="eus_Latn")
        for n, v in enumerate(values)
        if v != "-"
    ]


def by_items(exam: str, a: str, b: str) -> Comparison:
    return compare([result(exam, 0.5)], [result(exam, 0.5, model=B)], (scored(exam, a), scored(exam, b, model=B)))


def test_items_that_both_answered_are_tested_by_mcnemar() -> None:
    found = by_items("quiz", "1111111100" * 2 + "1", "1111000000" * 2 + "-")

    (one,) = found.exams
    assert one.test == "McNemar"
    assert one.items == 20
    assert one.both == (0.8, 0.4)
    # 8 items that only A got right and none that only B did.
    assert one.p == pytest.approx(2 * comb(8, 0) / 2**8)
    assert one.value == pytest.approx(0.4)
    assert one.low > 0
    assert found.overall == [one]


def test_where_no_item_is_kept_the_shares_are_tested_and_the_test_says_so() -> None:
    found = compare([result("quiz", 0.8, items=70)], [result("quiz", 0.6, model=B, items=80)], None)

    (one,) = found.exams
    assert one.test == "two proportions"
    assert one.p == pytest.approx(0.00804, abs=2e-5)
    assert 0.1 < one.detectable < 0.3


def test_holm_is_over_the_exams_of_a_language_and_bias_is_in_no_mean() -> None:
    ours = [result("one", 0.8), result("two", 0.7), result("bbq", 0.1, category="bias")]
    theirs = [result("one", 0.6, model=B), result("two", 0.6, model=B), result("bbq", 0.9, model=B, category="bias")]

    found = compare(ours, theirs, None)

    one, two, bbq = found.exams
    # Of three tests the smallest p is told threefold, the next twofold.
    assert bbq.adjusted == pytest.approx(3 * bbq.p, abs=1e-12)
    assert one.adjusted == pytest.approx(2 * one.p)
    assert two.adjusted == pytest.approx(max(two.p, one.adjusted))
    (whole,) = found.overall
    assert whole.exams == 2
    assert whole.value == pytest.approx(0.15)


def test_exams_weigh_the_same_whatever_their_items() -> None:
    names = ("few", "many")
    a = {"few": "1111", "many": "1" * 50 + "0" * 50}
    b = {"few": "0000", "many": "1" * 50 + "0" * 50}
    scores = tuple(
        [score for name in names for score in scored(name, side[name], model=model)] for model, side in ((A, a), (B, b))
    )

    found = compare(
        [result(name, 0.5) for name in names], [result(name, 0.5, model=B) for name in names], (scores[0], scores[1])
    )

    (whole,) = found.overall
    assert whole.value == pytest.approx(0.5)
    assert list(whole.both) == pytest.approx([0.75, 0.25])
    assert whole.test == "paired permutation"


def test_a_metric_that_both_have_is_taken_before_the_first() -> None:
    ours = [result("sums", 0.4, metric="strict"), result("sums", 0.5, metric="flexible")]
    theirs = [result("sums", 0.6, model=B, metric="flexible"), result("sums", 0.1, model=B, metric="strict")]

    (one,) = compare(ours, theirs, None).exams

    assert (one.metric, one.both) == ("strict", (0.4, 0.1))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"protocol": "letter"}, "asked otherwise: acc likelihood 5 and acc letter 5"),
        ({"shots": 0}, "asked otherwise"),
        ({"value": nan}, "no number"),
        ({"items": 0}, "without items"),
    ],
)
def test_what_cannot_be_compared_is_named_and_the_rest_goes_on(changes: dict[str, object], says: str) -> None:
    ours = [result("odd", 0.5), result("fine", 0.5), result("ours", 0.5)]
    theirs = [result("odd", **{"value": 0.5, "model": B, **changes}), result("fine", 0.4, model=B)]  # type: ignore[arg-type]

    found = compare(ours, theirs, None)

    assert [one.exam for one in found.exams] == ["fine"]
    assert found.apart[0] == "ours: only one of the two has it"
    assert found.apart[1].startswith("odd (eus_Latn): ")
    assert says in found.apart[1]


def test_fewer_bits_are_the_better_ones_and_without_items_there_is_no_test_of_them() -> None:
    ours, theirs = (
        [result("bits", value, model=model, metric="bits_per_byte", category="intrinsic")]
        for value, model in ((1.2, A), (1.5, B))
    )

    (one,) = compare(ours, theirs, None).exams

    assert one.gain == pytest.approx(0.3)
    assert isnan(one.p)
