"""Long conversations in parts: joined again they are what they were, and code is never cut."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import BASQUE, ENGLISH, Said, split
from mintza.models.seam import ChatPrompt
from mintza.progress import silent
from mintza.records import Conversation, Verdict
from mintza.translate.parts import cut, joined
from mintza.translate.settings import TranslateSettings
from mintza.translate.stage import translate
from translate.fake_translator import FakeTranslator, conversation, reversed_words

CODE = "```py\nx = 1\n\ny = 2\n```"
texts = st.lists(
    st.sampled_from(["word", "two words", "\n\n", "\n \n", "\n", CODE, "~~~\n\n\na", " ", "x" * 40]), max_size=9
).map("".join)


@given(st.lists(texts, min_size=1, max_size=4), st.integers(1, 60), st.booleans())
@settings(max_examples=300, deadline=None)
def test_parts_joined_are_the_conversation(said: list[str], most: int, by_turn: bool) -> None:
    whole = conversation(*said)
    parts = cut(whole, most, by_turn=by_turn)
    assert joined(parts, [[piece.message.content for piece in part] for part in parts]) == said


def test_a_part_is_as_long_as_it_may_be_and_no_longer() -> None:
    whole = conversation("a" * 30 + "\n\n" + "b" * 30, "c" * 30)
    assert [[p.message.content[0] for p in part] for part in cut(whole, 62)] == [["a"], ["c"]]
    assert [[p.message.content[0] for p in part] for part in cut(whole, 30)] == [["a"], ["b"], ["c"]]
    assert len(cut(whole, 92)) == len(cut(whole, None)) == 1


def test_a_block_of_code_is_never_cut() -> None:
    pieces = [p.message.content for part in cut(conversation(f"Look:\n\n{CODE}\n\nDone."), 10) for p in part]
    assert pieces == ["Look:", CODE, "Done."]


def run(model: FakeTranslator, *said: str, **chosen: object) -> list[Conversation | Verdict]:
    return list(
        translate(
            TranslateSettings.model_validate(chosen),
            [conversation(*said)],
            model=model,
            source=ENGLISH,
            target=BASQUE,
            component="basque",
            progress=silent,
        )
    )


def test_a_long_conversation_is_translated_in_parts_and_comes_back_whole() -> None:
    paragraphs = ["one " * 20 + "12", "two " * 20 + "`x = 1`", "three " * 19 + "three"]
    model = FakeTranslator()
    made, _ = split(run(model, "\n\n".join(paragraphs), "So.", part_characters=123))
    assert len(model.chatted) == 3
    assert made[0].messages[0].content == "\n\n".join(
        " ".join(w if w in ("12", "`x", "=", "1`") else w[::-1] for w in p.split(" ")) for p in paragraphs
    )
    assert made[0].messages[1].content == ".oS"


def test_one_part_that_fails_drops_the_conversation_with_its_cause_and_only_it_is_asked_again() -> None:
    def answer(prompt: ChatPrompt) -> Said:
        return "no" if "bad" in prompt.messages[-1].content else reversed_words(prompt)

    model = FakeTranslator(answer)
    made, dropped = split(run(model, "good " * 30, "bad " * 30, part_characters=100, tries=3))
    assert not made
    assert [v.reason for v in dropped] == ["not JSON"]
    assert sum("bad" in p.messages[-1].content for p, _, _ in model.chatted) == 3
    assert sum("good" in p.messages[-1].content for p, _, _ in model.chatted) == 1


def backwards(prompt: ChatPrompt) -> str:
    """A plain translation into a language that says words backwards; marks stay."""
    return " ".join(w if "⟦" in w else w[::-1] for w in prompt.messages[-1].content.split(" "))


def test_turn_by_turn_is_plain_text_without_a_schema() -> None:
    model = FakeTranslator(backwards)
    made, _ = split(run(model, "Say 12 things.", "Hello there.", form="turn"))
    assert [m.content for m in made[0].messages] == ["yaS 12 .sgniht", "olleH .ereht"]
    assert [(p.messages[-1].content, s) for p, _, s in model.chatted] == [
        ("Say ⟦0⟧ things.", None),
        ("Hello there.", None),
    ]


@pytest.mark.parametrize(
    ("said", "reason"),
    [(("half of", "length"), "the text is unfinished"), ("no mark", "placeholders changed"), (("", "error"), "failed")],
)
def test_a_turn_that_is_no_translation_says_why(said: Said, reason: str) -> None:
    _, dropped = split(run(FakeTranslator(lambda prompt: said), "In 1936.", form="turn"))
    assert reason in dropped[0].reason


def test_each_example_is_shown_as_if_it_had_been_asked() -> None:
    from mintza.records import ParallelSegment
    from translate.fake_translator import SAMPLED

    pair = ParallelSegment(
        id="p",
        source_language="eng_Latn",
        target_language="eus_Latn",
        source="Bread.",
        target="Ogia.",
        provenance=SAMPLED,
    )
    model = FakeTranslator()
    list(
        translate(
            TranslateSettings(examples=1),
            [conversation("Say.", "So.")],
            model=model,
            source=ENGLISH,
            target=BASQUE,
            component="b",
            progress=silent,
            examples=(pair,),
        )
    )
    asked = model.chatted[0][0].messages
    assert [m.role for m in asked] == ["system", "user", "assistant", "user"]
    assert json.loads(asked[2].content) == {"messages": [{"role": "user", "content": "Ogia."}]}
