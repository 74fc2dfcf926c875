"""Items that stand in the corpus, and exams measured without them."""

from __future__ import annotations

import msgspec

from benchmark.test_answers import BASQUE, FakeModel, asked, quiz
from mintza.benchmark.settings import BenchmarkSettings
from mintza.benchmark.stage import measure, overlap
from mintza.records import Item, Measurement, Score

SETTINGS = BenchmarkSettings(bits_per_byte=None)
LONG = "Zein herritan jaio zen liburu hori idatzi zuen emakumea, eta zein urtetan"


def exam() -> list[Item]:
    return [
        msgspec.structs.replace(item, question=f"{LONG} {item.id}?", prompt=f"{LONG} {item.id}?")
        for item in quiz(count=5)
    ]


def test_an_item_that_a_document_quotes_is_found_with_how_much_of_it() -> None:
    documents = [f"Hona galdera bat. {LONG} q3? Inork ez daki.", "Beste gauza bat."]

    found = list(overlap(SETTINGS, exam()[3:4], documents))

    assert [(one.exam, one.item_id, one.language, one.metric, one.model) for one in found] == [
        ("quiz", "q3", "eus_Latn", "overlap", "")
    ]
    assert found[0].value > 0.5


def test_nothing_is_looked_for_where_a_study_does_not_want_it() -> None:
    settings = BenchmarkSettings(bits_per_byte=None, clean_share=None)

    assert list(overlap(settings, exam(), [f"{LONG} q3?"])) == []


def measured(held: list[Score]) -> dict[str, Measurement]:
    items = quiz(count=5)
    answers = asked(FakeModel(), SETTINGS, items=items)
    found = measure(SETTINGS, answers, items, overlap=held, target=BASQUE, identifier=None, seed=1)  # type: ignore[arg-type]
    listed = list(found)
    right = {one.item_id: one.value for one in listed if isinstance(one, Score) and one.metric == "acc"}
    measurements = {one.metric: one for one in listed if isinstance(one, Measurement)}
    if "acc_clean" in measurements:
        clean = [value for key, value in right.items() if key not in {one.item_id for one in held}]
        assert measurements["acc_clean"].value == sum(clean) / len(clean)
    return measurements


def held(*ids: str, exam: str = "quiz") -> list[Score]:
    return [
        Score(exam=exam, item_id=key, model="", metric="overlap", value=0.9, weight=1.0, language="eus_Latn")
        for key in ids
    ]


def test_an_exam_that_some_items_of_stand_in_the_corpus_is_measured_on_the_others_too() -> None:
    found = measured(held("q1", "q4"))

    assert (found["acc"].items, found["acc_clean"].items) == (5, 3)
    assert found["acc_clean"].standing == "exam"


def test_an_exam_that_nobody_has_read_has_one_number() -> None:
    assert "acc_clean" not in measured(held("q1", exam="another"))


def test_an_exam_that_stands_whole_in_the_corpus_has_no_clean_number() -> None:
    assert "acc_clean" not in measured(held("q0", "q1", "q2", "q3", "q4"))


def test_what_a_model_has_read_leaves_its_own_number_beside_that_of_the_corpus() -> None:
    items = quiz(count=5)
    answers = asked(FakeModel(), SETTINGS, items=items)
    own = held("q1", "q2", "q3")
    told = measure(SETTINGS, answers, items, overlap=held("q1"), read=own, target=BASQUE, identifier=None, seed=1)  # type: ignore[arg-type]
    found = {one.metric: one for one in told if isinstance(one, Measurement)}

    assert (found["acc"].items, found["acc_clean"].items, found["acc_unseen"].items) == (5, 4, 2)


def test_a_model_that_has_read_nothing_of_an_exam_has_no_number_of_its_own() -> None:
    assert "acc_unseen" not in measured(held("q1"))
