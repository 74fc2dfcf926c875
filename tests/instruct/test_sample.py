from __future__ import annotations

import hashlib

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ENGLISH, FakeModel, Said, split
from mintza.errors import TemplateError
from mintza.instruct.settings import AnswerSettings, SampleExecution, SampleSettings, TurnSettings
from mintza.instruct.stage import REVISIONS, sample
from mintza.progress import silent
from mintza.records import Conversation, Verdict


def run(model: FakeModel, **chosen: object) -> list[Conversation | Verdict]:
    return list(
        sample(
            SampleSettings.model_validate({"conversations": 3, **chosen}),
            model=model,
            language=ENGLISH,
            component="english",
            license="Apache-2.0",
            progress=silent,
        )
    )


def test_the_user_turn_is_drawn_from_the_raw_head_of_the_template_and_ends_where_a_turn_ends() -> None:
    model = FakeModel()
    run(model)
    prompt, sampling = model.completed[0]
    assert prompt.text == "<|im_start|>user\n"
    assert sampling.stop == ("<|im_end|>",)
    assert (sampling.temperature, sampling.top_p) == (1.0, 1.0)


def test_a_system_prompt_of_the_turn_stands_in_the_raw_head() -> None:
    model = FakeModel()
    run(model, turn_system_prompt="You know about cheese.")
    assert model.completed[0][0].text.startswith("<|im_start|>system\nYou know about cheese.<|im_end|>")


def test_each_turn_is_another_draw_of_the_same_prompt() -> None:
    model = FakeModel()
    run(model)
    assert [prompt.draw for prompt, _ in model.completed] == [0, 1, 2]
    assert [prompt.draw for prompt, _, _ in model.chatted] == [0, 1, 2]


def test_a_conversation_is_what_was_drawn_and_answered_with_how_each_ended() -> None:
    made, _ = split(run(FakeModel(answer=lambda prompt: ("As tall as", "length")), conversations=1))
    assert made[0].id == "english-000000"
    assert [(m.role, m.content, m.finish_reason) for m in made[0].messages] == [
        ("user", "How tall is hill number 0?", "stop"),
        ("assistant", "As tall as", "length"),
    ]
    assert made[0].provenance.license == "Apache-2.0"
    assert [(s.done, s.by, s.revision) for s in made[0].provenance.steps] == [("sampled", "fake", "r1")]


@pytest.mark.parametrize(
    ("prompt", "told"), [(None, ENGLISH.sample_system_prompt), ("Briefly.", "Briefly."), ("", None)]
)
def test_the_answer_is_asked_under_the_setting_or_the_language_and_the_prompt_is_not_kept(
    prompt: str | None, told: str | None
) -> None:
    model = FakeModel()
    made, _ = split(run(model, answer_system_prompt=prompt))
    asked = model.chatted[0][0].messages
    assert [m.content for m in asked if m.role == "system"] == ([told] if told else [])
    assert model.chatted[0][1].temperature == 0
    assert [m.role for m in made[0].messages] == ["user", "assistant"]


def test_an_answer_may_be_ended_at_a_line_break_and_a_turn_never_is() -> None:
    model = FakeModel()
    run(model, answer=AnswerSettings(stop=("\n",)))
    assert {sampling.stop for _, sampling, _ in model.chatted} == {("\n",)}
    assert {sampling.stop for _, sampling in model.completed} == {("<|im_end|>",)}


def drawn(draw: int) -> Said:
    """Six draws of which the second, third, fourth and fifth cannot be used."""
    said: list[Said] = [
        "Why is it dark?",
        "# Title",
        " * item",
        "\n",
        ("Please write a lo", "length"),
        "And why is it cold?",
    ]
    return said[draw]


def test_what_cannot_be_used_is_dropped_with_its_reason_and_drawn_again() -> None:
    made, dropped = split(run(FakeModel(drawn), conversations=2))
    assert [c.id for c in made] == ["english-000000", "english-000005"]
    assert [(v.record_id, v.reason) for v in dropped] == [
        ("english-000001", "the turn begins with markdown"),
        ("english-000002", "the turn begins with markdown"),
        ("english-000003", "the turn is empty"),
        ("english-000004", "the turn was cut at max_tokens"),
    ]


def test_a_cut_turn_is_kept_when_the_study_says_so() -> None:
    made, _ = split(run(FakeModel(lambda draw: ("Why is", "length")), turn=TurnSettings(redraw_unfinished=False)))
    assert [c.messages[0].finish_reason for c in made] == ["length"] * 3


def test_drawing_ends_at_max_draws() -> None:
    model = FakeModel(lambda draw: "# no")
    made, dropped = split(run(model, max_draws=7))
    assert (len(made), len(dropped), len(model.completed)) == (0, 7, 7)


def test_a_model_that_goes_on_past_its_turn_is_dropped() -> None:
    turns = ["Why?<|im_start|>assistant\nBecause.", "Why is that?", "Why is this?"]
    model = FakeModel(turns.__getitem__, lambda p: "So.<|im_end|>" if p.draw == 1 else "So.")
    made, dropped = split(run(model, conversations=2, max_draws=3))
    assert [c.id for c in made] == ["english-000002"]
    assert {v.reason for v in dropped} == {"the model goes on past its turn"}


def test_an_empty_answer_makes_no_conversation() -> None:
    made, dropped = split(run(FakeModel(answer=lambda prompt: " \n")))
    assert not made
    assert {v.reason for v in dropped} == {"the answer is empty"}


def test_an_answer_that_says_its_system_prompt_makes_no_conversation() -> None:
    made, dropped = split(
        run(FakeModel(answer=lambda prompt: "Be BRIEF,\nplease."), answer_system_prompt="Be brief, please")
    )
    assert not made
    assert {v.reason for v in dropped} == {"the answer is its system prompt"}


def test_an_answer_that_failed_makes_no_conversation() -> None:
    made, dropped = split(run(FakeModel(answer=lambda prompt: ("half", "error"))))
    assert not made
    assert {v.reason for v in dropped} == {"the model failed to answer"}


def test_a_model_without_a_template_cannot_be_sampled() -> None:
    with pytest.raises(TemplateError, match="no chat template"):
        run(FakeModel(template=None))


@given(
    st.lists(st.sampled_from(["", "# x", "fine", "cut"]), min_size=30, max_size=30),
    st.integers(1, 9),
    st.integers(1, 9),
)
@settings(max_examples=50, deadline=None)
def test_the_size_of_a_wave_changes_nothing(kinds: list[str], one: int, other: int) -> None:
    def turn(draw: int) -> Said:
        return ("Why is that so", "length") if kinds[draw] == "cut" else kinds[draw]

    runs = [
        run(FakeModel(turn), conversations=9, max_draws=30, execution=SampleExecution(wave=wave))
        for wave in (one, other)
    ]
    assert runs[0] == runs[1]


@given(st.text(st.characters(), min_size=1))
@settings(max_examples=100, deadline=None)
def test_any_text_that_a_model_can_give_is_written_or_dropped(text: str) -> None:
    records = run(FakeModel(lambda draw: text, lambda prompt: text), max_draws=4)
    assert all(msgspec.json.decode(msgspec.json.encode(record), type=type(record)) == record for record in records)


def test_a_half_of_a_surrogate_pair_is_replaced() -> None:
    made, _ = split(run(FakeModel(lambda draw: "a \ud83d b"), conversations=1))
    assert made[0].messages[0].content == "a � b"


GOLDEN = ("39c6140540a6b410", 2)


def test_the_bytes_of_sampling_change_only_with_its_revision() -> None:
    records = run(
        FakeModel(drawn), conversations=2, answer=AnswerSettings(max_tokens=32), turn=TurnSettings(max_tokens=16)
    )
    content = b"\n".join(msgspec.json.encode(record) for record in records)
    found = (hashlib.sha256(content).hexdigest()[:16], REVISIONS["sample"])
    assert found == GOLDEN, "the bytes changed: raise REVISIONS['sample'] and write the new digest here"
