"""Exams asked by letter and as cloze: what is put, what counts as an answer, and how it is measured. A script stands for the model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmark.test_answers import BASQUE, FakeModel, asked, quiz
from mintza.benchmark.measures.letters import named
from mintza.benchmark.measures.written import same, taken
from mintza.benchmark.settings import BenchmarkSettings
from mintza.benchmark.stage import measure
from mintza.benchmark.turns import cloze, lettered
from mintza.models.seam import Completion, Pair, Prompt, Sampling
from mintza.records import Answer, Item, Measurement, ModelRef
from mintza.records.exams import Writing

LETTER = BenchmarkSettings(bits_per_byte=None, protocols=("letter",))
LISTED = Item(
    exam="quiz", id="q", language="eus_Latn", category="knowledge", choices=("A", "B", "C"), answer=1, license="CC0-1.0",
    question="Galdera: Zein?\nA: bat\nB: bi\nC: hiru\nErantzuna:", prompt="Galdera: Zein?\nA: bat\nB: bi\nC: hiru\nErantzuna:",
)  # fmt: skip


class Plain(FakeModel):
    """Without a template: continues texts by its replies in turn."""

    def __init__(self, *replies: str) -> None:
        super().__init__(replies=replies)
        self.texts: list[tuple[str, Sampling]] = []

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            self.texts.append((prompt.text, sampling))
            text = self.replies[prompt.draw % len(self.replies)]
            yield Completion(draw=prompt.draw, text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=1)


def measured(answers: list[Answer], items: list[Item]) -> dict[str, Measurement]:
    settings = BenchmarkSettings(bits_per_byte=None)
    found = measure(settings, answers, items, target=BASQUE, identifier=None, seed=1)  # type: ignore[arg-type]
    return {one.metric: one for one in found if isinstance(one, Measurement)}


def test_choices_are_listed_with_as_many_letters_as_there_are_options() -> None:
    model = FakeModel(template=True, replies=("A",))
    items = quiz(count=2)

    found = asked(model, LETTER, items=items)

    assert [chat.messages[-1].content for chat in model.chats] == [
        "Zein da 0?\nA: bat\nB: bi eta erdi 0",
        "Zein da 1?\nA: bat\nB: bi eta erdi 1\nC: hiru",
    ]
    assert [chat.messages[0].content for chat in model.chats] == [
        "Respond always with a single letter: A or B.",
        "Respond always with a single letter: A, B or C.",
    ]
    assert model.sampling == Sampling(temperature=0.0, max_tokens=8)
    assert [(one.exam, one.protocol, one.text) for one in found] == [("quiz_gen", "letter", "A")] * 2
    assert found[0].template is not None
    assert model.batches == []


def test_examples_are_turns_that_end_in_their_letter() -> None:
    model = FakeModel(template=True, replies=("B",))

    asked(model, LETTER, items=quiz(count=1, shots=2))

    assert [(message.role, message.content.rsplit("\n")[-1]) for message in model.chats[0].messages[1:]] == [
        ("user", "B: bi eta erdi 0"), ("assistant", "A"), ("user", "C: hiru"), ("assistant", "B"), ("user", "B: bi eta erdi 2"),
    ]  # fmt: skip


def test_a_base_model_continues_a_plain_text_to_the_end_of_its_line() -> None:
    model = Plain(" B\n")

    (one,) = asked(model, LETTER, items=quiz(count=1, shots=1))

    text, sampling = model.texts[0]
    assert text == (
        "Galdera: 0?\nA: bat\nB: bi eta erdi 0\nErantzuna: A\n\nGaldera: 1?\nA: bat\nB: bi eta erdi 1\nC: hiru\nErantzuna:"
    )
    assert sampling.stop == ("\n",)
    assert (one.text, one.template) == (" B\n", None)


def test_a_question_that_lists_its_letters_is_put_as_it_is() -> None:
    assert lettered(LISTED, talk=True) == (LISTED.question, "B")


def test_a_script_that_is_right_three_times_of_five_and_names_nothing_once_is_measured_so() -> None:
    items = [msgspec.structs.replace(LISTED, id=f"q{n}") for n in range(5)]
    model = FakeModel(template=True, replies=("B", "b.", "The answer is B.", "C", "Ez dakit."))

    found = measured(asked(model, LETTER, items=items), items)

    assert {metric: one.value for metric, one in found.items()} == {
        "acc": 0.6, "no_option": 0.2, "chosen_A": 0.0, "chosen_B": 0.6, "chosen_C": 0.2,
    }  # fmt: skip
    assert {(one.exam, one.protocol) for one in found.values()} == {("quiz_gen", "letter")}
    assert found["acc"].category == "knowledge"


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("B", "B"), ("b", "B"), (" (c) ", "C"), ("**A**", "A"), ("B. bi", "B"), ("B: bi", "B"), ("C) hiru", "C"),
        ("B\n\nZeren...", "B"), ("Erantzuna: C", "C"), ("The answer is A.", "A"), ("B - bi", "B"),
        ("", None), ("D", None), ("z", None), ("A dog barks", None), ("A or B", None), ("Ez dakit", None), ("bi", None),
        ("Either B, or C", None), ("A: 16\nB:", None), ("Basque", None), ("A's answer", None),
    ],
)  # fmt: skip
def test_an_answer_names_one_option_or_none(text: str, letter: str | None) -> None:
    assert named(text, "ABC") == letter


@given(st.text(max_size=60), st.integers(2, 6))
def test_a_named_letter_is_always_one_of_the_options(text: str, options: int) -> None:
    letters = "ABCDEF"[:options]

    assert named(text, letters) in {None, *letters}


def test_a_model_that_gives_no_likelihoods_is_asked_for_letters_and_has_no_bits_per_byte() -> None:
    model = FakeModel(replies=("A",))
    model.ref = ModelRef(name="chat", provider="server", location="", revision="1")

    found = asked(model, BenchmarkSettings(), items=quiz(count=2), held_out=())

    assert [(one.exam, one.protocol, one.template) for one in found] == [("quiz_gen", "letter", None)] * 2
    assert found[0].prompt.startswith("system: Respond always")
    assert model.batches == []


def test_an_exam_that_asks_nothing_is_not_asked_by_letter_and_that_is_said() -> None:
    said: list[str] = []
    pairs = [msgspec.structs.replace(item, exam="pairs", question="", prompt="") for item in quiz(count=2)]

    found = asked(
        FakeModel(template=True), LETTER, items=pairs, progress=lambda done, total, note="": said.append(note)
    )

    assert found == []
    assert said == ["not asked by letter, for want of a question: pairs"]


def test_cloze_takes_the_options_out_of_the_question_and_scores_their_words() -> None:
    model = FakeModel()
    settings = BenchmarkSettings(bits_per_byte=None, protocols=("likelihood", "cloze"))

    found = asked(model, settings, items=[LISTED, *quiz(count=1, exam="own")])

    assert [(one.exam, one.protocol) for one in found] == [
        ("quiz", "likelihood"), ("own", "likelihood"), ("quiz_cloze", "cloze"),
    ]  # fmt: skip
    assert model.batches[-1] == [
        Pair(context="Galdera: Zein?\nErantzuna:", continuation=f" {word}") for word in ("bat", "bi", "hiru")
    ]
    assert found[-1].utf8_bytes == (3, 2, 4)
    assert measured([found[-1]], [LISTED])["acc"].exam == "quiz_cloze"


@pytest.mark.parametrize("question", ["Zein?", "A: bat\nC: hiru\nB: bi", "A: bat\nB: bat\nC: hiru"])
def test_there_is_no_cloze_where_options_are_not_found_or_not_told_apart(question: str) -> None:
    assert cloze(msgspec.structs.replace(LISTED, question=question, prompt=question)) is None


@pytest.mark.parametrize(
    ("text", "pattern", "found"),
    [
        ("So 3 and 4 make 7.", "(-?[$0-9.,]{2,})|(-?[0-9]+)", "7."),
        ("It costs $1,200 a day", "(-?[$0-9.,]{2,})|(-?[0-9]+)", "$1,200"),
        ("none", "[0-9]+", ""),
        (" all of it ", "", "all of it"),
    ],
)
def test_the_last_match_is_taken_from_a_written_answer(text: str, pattern: str, found: str) -> None:
    assert taken(text, Writing(pattern=pattern)) == found


def test_case_signs_and_spaces_do_not_make_an_answer_another() -> None:
    assert same("$1,200.", "1200")
    assert same("1 200", "1200")
    assert not same("120", "1200")
