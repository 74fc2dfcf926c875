"""Mixtures that were trained with several seeds, side by side."""

import random
from typing import Any

import pytest

from mintza.benchmark.comparing_seeds import Trained, compare_over_seeds
from mintza.records import Measurement, Score


def result(exam: str, **more: Any) -> Measurement:
    fields: dict[str, Any] = {"category": "knowledge", "metric": "acc", "protocol": "likelihood", "shots": 5}
    return Measurement(
        exam=exam, language="eus_Latn", model="m", value=0.5, low=None, high=None, items=80, template=None, **{**fields, **more}
    )  # fmt: skip


def trained(seed: int | None, share: float, exams: tuple[str, ...] = ("one",), **more: Any) -> Trained:
    luck = random.Random(f"{seed}{share}")
    scores = [
        Score(
            exam=exam, item_id=f"{k}", model="m", metric="acc", language="eus_Latn", weight=1.0,
            value=float(random.Random(f"{exam}{k}").random() * 0.8 + luck.random() * 0.2 < share),
        )
        for exam in exams
        for k in range(80)
    ]  # fmt: skip
    return Trained(seed, [result(exam, **more) for exam in exams], scores)


def test_seeds_that_agree_show_a_difference_and_the_test_says_what_it_is_over() -> None:
    found = compare_over_seeds([trained(s, 0.7) for s in (1, 2, 3)], [trained(s, 0.4) for s in (1, 2, 3)])

    (one,) = found.overall
    assert one.test == "items and seeds"
    assert one.p < 0.001
    # Between a quarter and four fifths the share that is right rises by a point and a quarter a point.
    assert one.low < 0.375 < one.high
    assert one.both[0] - one.both[1] == pytest.approx(one.value)


def test_seeds_that_disagree_hide_a_difference_that_items_alone_would_show() -> None:
    wild = [trained(s, share) for s, share in ((1, 0.3), (2, 0.6), (3, 0.9))]
    found = compare_over_seeds(wild, [trained(s, 0.4) for s in (1, 2, 3)])

    assert found.overall[0].p > 0.05
    assert found.overall[0].value > 0.1


def test_a_model_without_a_seed_stands_against_every_seed() -> None:
    found = compare_over_seeds([trained(s, 0.7) for s in (1, 2)], [trained(None, 0.4)])

    assert found.overall[0].value > 0.2


def test_exams_weigh_the_same_and_holm_is_over_them() -> None:
    both = ("one", "two")
    found = compare_over_seeds([trained(s, 0.7, both) for s in (1, 2)], [trained(s, 0.5, both) for s in (1, 2)])

    assert found.overall[0].exams == 2
    assert found.overall[0].value == pytest.approx(sum(one.value for one in found.exams) / 2)
    assert all(one.adjusted >= one.p for one in found.exams)


def test_what_was_asked_otherwise_or_not_of_all_is_named() -> None:
    ours = [trained(1, 0.7), trained(2, 0.7, shots=0)]
    assert compare_over_seeds(ours, [trained(None, 0.4)]).apart == ["one (eus_Latn): asked otherwise"]
    assert compare_over_seeds([trained(s, 0.7) for s in (1, 2)], [trained(None, 0.4, ("two",))]).apart == [
        "one (eus_Latn): not all of them have it"
    ]


def test_one_seed_in_common_is_no_sample_of_seeds() -> None:
    with pytest.raises(ValueError, match="fewer than two seeds"):
        compare_over_seeds([trained(1, 0.7), trained(2, 0.7)], [trained(1, 0.4), trained(3, 0.4)])
