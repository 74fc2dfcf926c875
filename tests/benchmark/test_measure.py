"""Answers become scores, and scores measurements."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from math import log

import msgspec
import pytest

from fakes import language
from mintza.benchmark.settings import BenchmarkSettings, FilePrompts, RightLanguageSettings
from mintza.benchmark.stage import REVISIONS, measure
from mintza.errors import BadInput
from mintza.records import Answer, Item, Measurement, Record, Score
from mintza.text.identify import Identified

GOLDEN = "82d2b834"

BASQUE = language("eus_Latn", "eu", name="Basque", chat_system_prompt="Erantzun euskaraz.")
TALK = RightLanguageSettings(prompts=FilePrompts(kind="file", path="prompts.jsonl"))


class FakeIdentifier:
    """What holds `eta` is Basque."""

    name = "fake"

    def identify(self, text: str) -> Identified:
        return Identified("eus_Latn" if "eta" in text else "eng_Latn", 1.0, "fake")


def item(number: int, answer: int = 0, category: str = "knowledge", language: str = "eus_Latn") -> Item:
    return Item(
        exam="quiz", id=f"q{number}", language=language, category=category, question="?", choices=("bai", "ez noski"),
        answer=answer, license="CC0-1.0", shots=2,
    )  # fmt: skip


def chosen(number: int, nats: tuple[float, float], language: str = "eus_Latn") -> Answer:
    return Answer(
        exam="quiz", item_id=f"q{number}", model="m", language=language, protocol="likelihood", log_likelihoods=nats,
        utf8_bytes=(3, 8), template="abc",
    )  # fmt: skip


def scored(document: str, nats: float, size: int, source: str = "news", language: str = "eus_Latn") -> Answer:
    return Answer(
        exam=f"bits_per_byte.{source}", item_id=document, model="m", language=language, protocol="likelihood",
        log_likelihoods=(nats,), utf8_bytes=(size,),
    )  # fmt: skip


def said(number: int, text: str) -> Answer:
    return Answer(
        exam="right_language", item_id=f"p{number}", model="m", language="eus_Latn", protocol="generation", text=text,
        template="abc",
    )  # fmt: skip


def measured(answers: Sequence[Answer], items: Sequence[Item] = ()) -> tuple[list[Score], list[Measurement]]:
    settings = BenchmarkSettings(right_language=TALK)
    found: list[Record] = list(measure(settings, answers, items, target=BASQUE, identifier=FakeIdentifier(), seed=1))
    scores = [one for one in found if isinstance(one, Score)]
    return scores, [one for one in found if isinstance(one, Measurement)]


def test_the_same_answers_give_the_same_bytes() -> None:
    answers = [
        chosen(1, (-3.0, -4.0)),
        scored("a", -70.0, 40),
        scored("b", -90.0, 30),
        said(1, "bai eta ez"),
        said(2, ""),
    ]
    scores, measurements = measured(answers, [item(1)])

    digest = hashlib.sha256(b"".join(msgspec.json.encode(one) + b"\n" for one in [*scores, *measurements])).hexdigest()
    assert digest[:8] == GOLDEN, (
        f"the bytes of measures changed: raise REVISIONS['measure'] (now {REVISIONS}) and GOLDEN"
    )


def test_the_likeliest_choice_counts_and_so_does_the_likeliest_a_byte() -> None:
    scores, _ = measured([chosen(1, (-3.0, -4.0))], [item(1)])

    # -3 / 3 bytes is less likely a byte than -4 / 8 bytes.
    assert [(score.metric, score.value) for score in scores] == [("acc", 1.0), ("acc_bytes", 0.0)]


def test_the_metric_that_an_exam_is_judged_by_comes_first() -> None:
    by_bytes = msgspec.structs.replace(item(1), metric="acc_bytes")

    _, measurements = measured([chosen(1, (-3.0, -4.0))], [by_bytes])

    assert [one.metric for one in measurements] == ["acc_bytes", "acc", "chosen_A", "chosen_B"]


def test_of_equally_likely_choices_the_first_counts() -> None:
    scores, _ = measured([chosen(1, (-4.0, -4.0)), chosen(2, (-4.0, -4.0))], [item(1, 0), item(2, 1)])

    assert [score.value for score in scores if score.metric == "acc"] == [1.0, 0.0]


def test_one_text_alone_gives_bits_per_byte_no_interval() -> None:
    _, (alone,) = measured([scored("a", -70.0, 40)])
    _, (two,) = measured([scored("a", -70.0, 40), scored("b", -90.0, 30)])

    assert (alone.items, alone.low, alone.high) == (1, None, None)
    assert alone.value == pytest.approx(70 / log(2) / 40)
    assert two.low is not None
    assert two.high is not None
    assert two.low < two.value < two.high


def test_an_accuracy_has_wilsons_interval() -> None:
    items = [item(number) for number in range(24)]
    answers = [chosen(number, (-1.0, -2.0) if number < 7 else (-2.0, -1.0)) for number in range(24)]

    _, (acc, *_) = measured(answers, items)

    assert acc.value == 7 / 24
    assert (acc.low, acc.high) == pytest.approx((0.14914648196960867, 0.49167693664496637))
    assert (acc.items, acc.shots, acc.category, acc.protocol, acc.template) == (24, 2, "knowledge", "likelihood", "abc")


def test_items_of_several_categories_make_a_mixed_measurement() -> None:
    _, (acc, *_) = measured([chosen(1, (-1.0, -2.0)), chosen(2, (-1.0, -2.0))], [item(1), item(2, category="maths")])

    assert acc.category == "mixed"


def test_languages_of_one_exam_are_measured_apart() -> None:
    answers = [chosen(1, (-1.0, -2.0)), chosen(1, (-2.0, -1.0), "eng_Latn")]

    scores, measurements = measured(answers, [item(1), item(1, language="eng_Latn")])

    assert [(one.language, one.value) for one in measurements if one.metric == "acc"] == [
        ("eus_Latn", 1.0), ("eng_Latn", 0.0),
    ]  # fmt: skip
    assert {score.language for score in scores} == {"eus_Latn", "eng_Latn"}


def test_bits_per_byte_of_a_uniform_model_are_eight() -> None:
    answers = [scored(str(size), -log(256) * size, size) for size in (5, 40, 900)]

    _, (one,) = measured(answers)

    assert (one.value, one.low, one.high) == pytest.approx((8.0, 8.0, 8.0))
    assert (one.exam, one.metric, one.category, one.items) == ("bits_per_byte.news", "bits_per_byte", "intrinsic", 3)


def test_bits_per_byte_are_all_bits_by_all_bytes() -> None:
    _, (one,) = measured([scored("a", -20 * log(2), 10), scored("b", -90 * log(2), 90)])

    assert one.value == pytest.approx(110 / 100)
    assert one.low is not None
    assert one.high is not None
    assert one.low <= one.value <= one.high


def test_each_source_and_language_has_its_own_bits_per_byte() -> None:
    answers = [scored("a", -9.0, 3), scored("b", -9.0, 3, "help"), scored("c", -9.0, 3, "help", "eng_Latn")]

    _, measurements = measured(answers)

    assert [(one.exam, one.language) for one in measurements] == [
        ("bits_per_byte.news", "eus_Latn"), ("bits_per_byte.help", "eus_Latn"), ("bits_per_byte.help", "eng_Latn"),
    ]  # fmt: skip


def test_an_answer_is_in_the_right_language_when_half_its_letters_are() -> None:
    answers = [said(1, "gu eta zu"), said(2, "you and me"), said(3, "bai eta\n\nmuch more than that"), said(4, " \n")]

    scores, (right, empty, share, _) = measured(answers)

    assert [score.value for score in scores if score.metric == "right_language"] == [1.0, 0.0, 0.0, 0.0]
    assert (right.metric, right.value, right.items, right.category) == ("right_language", 0.25, 4, "intrinsic")
    assert (empty.exam, empty.metric, empty.value, empty.protocol) == (
        "right_language", "empty_answers", 0.25, "generation",
    )  # fmt: skip
    assert share.metric == "language_share"
    assert share.value == pytest.approx((1 + 6 / 22) / 4)


def test_an_answer_that_goes_in_circles_repeats_itself() -> None:
    circle = "eta gero etxera joan zen " * 8

    _, found = measured([said(1, circle), said(2, "gu eta zu")])

    (repetition,) = [one for one in found if one.metric == "repetition"]
    assert repetition.value == pytest.approx(35 / 40 / 2)
    assert repetition.low is not None
    assert repetition.low <= repetition.value


def test_code_is_no_paragraph_of_a_language() -> None:
    _, (right, *_) = measured([said(1, "gu eta zu\n\n```\nfor every word in the whole book: print(word)\n```")])

    assert right.value == 1.0


def test_how_often_each_choice_was_taken_is_measured() -> None:
    answers = [chosen(number, (-1.0, -2.0) if number < 3 else (-2.0, -1.0)) for number in range(4)]

    _, found = measured(answers, [item(number) for number in range(4)])

    taken = {one.metric: one for one in found if one.metric.startswith("chosen_")}
    assert {metric: one.value for metric, one in taken.items()} == {"chosen_A": 0.75, "chosen_B": 0.25}
    assert {(one.category, one.items, one.protocol) for one in taken.values()} == {("intrinsic", 4, "likelihood")}


def test_a_part_of_an_exam_is_measured_beside_the_whole_which_weighs_its_items() -> None:
    items = [
        msgspec.structs.replace(item(number), part="quiz_few" if number < 1 else "quiz_many") for number in range(4)
    ]
    answers = [chosen(number, (-1.0, -2.0) if number < 1 else (-2.0, -1.0)) for number in range(4)]

    _, found = measured(answers, items)

    assert [(one.exam, one.standing, one.value, one.items) for one in found if one.metric == "acc"] == [
        ("quiz", "exam", 0.25, 4), ("quiz_few", "part", 1.0, 1), ("quiz_many", "part", 0.0, 3),
    ]  # fmt: skip


def test_no_prompts_asked_means_no_measurement() -> None:
    assert measured([]) == ([], [])


def test_an_answer_to_an_unknown_item_is_refused() -> None:
    with pytest.raises(BadInput, match="not examined") as caught:
        measured([chosen(7, (-1.0, -2.0))], [item(1)])

    assert caught.value.place == "quiz eus_Latn q7"
