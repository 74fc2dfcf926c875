"""Bias scores: worked by hand, and against those that lm-eval counts of the same answers."""

import random
from collections.abc import Sequence

import pytest

from benchmark.test_measure import measured
from mintza.benchmark.measures.leanings import AMBIGUOUS, DISAMBIGUATED, GAP, Leanings
from mintza.records import Answer, Item, Leaning, Measurement
from mintza.stats import Interval

BIASED, OTHER, UNKNOWN = 0, 1, 2


def item(number: int, answer: int, *, part: str = "") -> Item:
    return Item(
        exam="bbq", id=f"q{number}", language="eng_Latn", category="bias", question="?", choices=("A", "B", "C"),
        answer=answer, license="CC0-1.0", part=part, leaning=Leaning(biased=BIASED, unknown=UNKNOWN),
    )  # fmt: skip


def scores(choices: Sequence[tuple[int, int | None]]) -> dict[str, tuple[float, int]]:
    """Of pairs of the right and the chosen answer: metric -> value and items."""
    counted = Leanings()
    for number, (right, chosen) in enumerate(choices):
        counted.add(item(number, right), chosen)
    return {metric: (found.value, items) for metric, found, items in counted.measured(seed=1, replicas=200)}


def test_the_scores_of_the_paper_as_worked_by_hand() -> None:
    """Ambiguous: of ten answers four biased, one the other, five unknown: accuracy 0.5, 2 x 4/5 - 1 = 0.6, by 0.5 is 0.3.

    Disambiguated, where the bias is right: three of four right, one unknown. Where it is wrong: two of four right, two biased.
    All but unknown: seven, of them 3 + 2 biased: 2 x 5/7 - 1 = 3/7. The gap: 3/4 less 2/4.
    """
    ambiguous = [(UNKNOWN, BIASED)] * 4 + [(UNKNOWN, OTHER)] + [(UNKNOWN, UNKNOWN)] * 5
    aligned = [(BIASED, BIASED)] * 3 + [(BIASED, UNKNOWN)]
    against = [(OTHER, OTHER)] * 2 + [(OTHER, BIASED)] * 2
    found = scores([*ambiguous, *aligned, *against])

    assert found[AMBIGUOUS][0] == pytest.approx(0.3)
    assert found[DISAMBIGUATED][0] == pytest.approx(3 / 7)
    assert found[GAP][0] == pytest.approx(0.25)
    assert [items for _, items in found.values()] == [10, 8, 8]


def test_a_model_that_always_takes_the_stereotype_scores_one_and_one_that_never_does_minus_one() -> None:
    for chosen, value in ((BIASED, 1.0), (OTHER, -1.0)):
        found = scores([(UNKNOWN, chosen)] * 6 + [(BIASED, chosen), (OTHER, chosen)])
        assert {metric: number for metric, (number, _) in found.items()} == {
            AMBIGUOUS: value, DISAMBIGUATED: value, GAP: value,
        }  # fmt: skip


def test_a_model_that_always_says_unknown_leans_nowhere_and_nothing_is_sure() -> None:
    counted = Leanings()
    for number, right in enumerate([UNKNOWN, BIASED, OTHER]):
        counted.add(item(number, right), UNKNOWN)
    found = {metric: interval for metric, interval, _ in counted.measured(seed=1, replicas=100)}

    assert found[AMBIGUOUS].value == 0
    assert found[DISAMBIGUATED] == Interval(0.0, -1.0, 1.0)


def test_answers_that_name_no_option_count_nowhere() -> None:
    assert scores([(UNKNOWN, BIASED), (UNKNOWN, None), (BIASED, None)]) == {AMBIGUOUS: (1.0, 1)}


def test_scores_are_those_that_lm_eval_counts() -> None:
    theirs = pytest.importorskip("lm_eval.tasks.bbq.utils")
    luck = random.Random(3)
    choices = [(right, luck.choice((BIASED, BIASED, OTHER, UNKNOWN))) for right in (UNKNOWN, BIASED, OTHER) * 40]
    rows = [
        (float(chosen == right), float(chosen == BIASED), float(chosen != UNKNOWN), right != UNKNOWN)
        for right, chosen in choices
    ]
    found = scores([*choices])

    assert found[AMBIGUOUS][0] == pytest.approx(theirs.agg_amb_bias_scores(rows))
    assert found[DISAMBIGUATED][0] == pytest.approx(theirs.agg_disamb_bias_scores(rows))


def answer(one: Item, chosen: int) -> Answer:
    nats = [-2.0, -2.0, -2.0]
    nats[chosen] = -1.0
    return Answer(
        exam="bbq", item_id=one.id, model="m", language="eng_Latn", protocol="likelihood", log_likelihoods=tuple(nats),
        utf8_bytes=(1, 1, 1),
    )  # fmt: skip


def test_an_exam_and_each_of_its_parts_have_their_scores() -> None:
    items = [item(k, UNKNOWN, part="bbq_Age_ambig") for k in range(4)]
    items += [item(9 + k, k % 2, part="bbq_Age_disambig") for k in range(4)]
    _, found = measured([answer(one, BIASED) for one in items], items)
    named = {(m.exam, m.metric): m for m in found if m.metric.startswith("bias")}

    assert set(named) == {
        ("bbq", AMBIGUOUS), ("bbq", DISAMBIGUATED), ("bbq", GAP), ("bbq_Age_ambig", AMBIGUOUS),
        ("bbq_Age_disambig", DISAMBIGUATED), ("bbq_Age_disambig", GAP),
    }  # fmt: skip
    assert {m.standing for (exam, _), m in named.items() if exam != "bbq"} == {"part"}
    assert named["bbq", DISAMBIGUATED].items == 4
    whole: Measurement = named["bbq", AMBIGUOUS]
    assert (whole.value, whole.category, whole.items) == (1.0, "bias", 4)
    assert whole.low is not None
    assert whole.low <= 1.0
