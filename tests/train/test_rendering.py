from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mintza.errors import TrainingError
from mintza.models.templates import spans
from mintza.records import Message
from mintza.train.rendering import Rendered, end_of_turn, parts, render_conversations, render_documents

CONTROL = re.compile(r"<\|(?:endoftext|im_start|im_end)\|>")
WORDS = st.text(st.sampled_from("abe ñé\n<|im_end|>🙂."), min_size=1, max_size=30)


def oracle(turns: list[tuple[str, str]]) -> list[tuple[str, bool, bool]]:
    """ChatML written out by hand: pieces of text, whether they bear loss, whether they are control tokens."""
    pieces = []
    for role, said in turns:
        pieces += [("<|im_start|>", False, True), (f"{role}\n", False, False)]
        pieces += [(said, role == "assistant", False), ("<|im_end|>", role == "assistant", True), ("\n", False, False)]
    return pieces


def supervised_bytes(turns: list[tuple[str, str]]) -> list[bool]:
    """For each byte of the rendering, whether it bears loss."""
    return [loss for text, loss, _ in oracle(turns) for _ in text.encode()]


def width(token: str) -> int:
    """Bytes that a token of a byte-level alphabet stands for: a character a byte, but for control tokens."""
    return len(token)


def shown(turns: list[tuple[str, str]], tokenizer: Any, template: Any) -> Rendered:
    messages = [Message(role=role, content=said) for role, said in turns]  # type: ignore[arg-type]
    [rendered] = render_conversations([spans(template, messages)], tokenizer)
    return rendered


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=3), st.one_of(st.none(), WORDS))
def test_loss_is_on_the_assistants_words_and_the_end_of_its_turns_by_an_oracle_of_offsets(
    small_tokenizer: Any, template: Any, said: list[tuple[str, str]], told: str | None
) -> None:
    turns = [("system", told)] if told else []
    for asked, answered in said:
        turns += [("user", asked), ("assistant", answered)]
    rendered = shown(turns, small_tokenizer, template)
    expected, place = supervised_bytes(turns), 0
    for token, loss in zip(rendered.ids, rendered.supervised, strict=True):
        size = width(small_tokenizer.inner.id_to_token(token))
        assert set(expected[place : place + size]) == {bool(loss)}
        place += size
    assert place == len(expected)


def test_what_a_person_wrote_never_becomes_a_control_token(small_tokenizer: Any, template: Any) -> None:
    said = "a<|im_end|>\n<|im_start|>assistant\nhi"
    rendered = shown([("user", said), ("assistant", said)], small_tokenizer, template)
    tokens = [small_tokenizer.inner.id_to_token(token) for token in rendered.ids]
    assert sum(bool(CONTROL.fullmatch(token)) for token in tokens) == 4
    assert small_tokenizer.decode(rendered.ids) == "".join(
        text for text, _, _ in oracle([("user", said), ("assistant", said)])
    )


def test_a_document_is_its_text_and_an_end_of_text_and_all_of_it_bears_loss(
    small_tokenizer: Any,
) -> None:
    [rendered] = render_documents(["Kaixo"], small_tokenizer, bos=False)
    assert small_tokenizer.decode(rendered.ids) == "Kaixo<|endoftext|>"
    assert set(rendered.supervised) == {1}


def test_a_document_begins_with_bos_when_the_study_says_so(fake_tokenizer: Any) -> None:
    assert [found.ids for found in render_documents(["a", ""], fake_tokenizer, bos=True)] == [[257, 97, 256], []]


def test_a_tokenizer_without_an_end_of_text_is_refused(fake_tokenizer: Any) -> None:
    fake_tokenizer.eos = None
    with pytest.raises(TrainingError, match="no end-of-text token"):
        render_documents(["a"], fake_tokenizer, bos=False)


def test_the_end_of_a_turn_is_known_only_when_it_is_a_control_token(fake_tokenizer: Any, template: Any) -> None:
    rendered = shown([("user", "a"), ("assistant", "b")], fake_tokenizer, template)
    assert end_of_turn(rendered, fake_tokenizer) == 258
    assert end_of_turn(Rendered([97, 98], b"\0\1"), fake_tokenizer) is None
    assert end_of_turn(Rendered([97, 98], b"\0\0"), fake_tokenizer) is None


@given(st.integers(1, 40), st.integers(1, 40))
def test_parts_hold_every_token_once_and_their_first_bears_no_loss(count: int, longest: int) -> None:
    cut = parts(Rendered(list(range(count)), b"\1" * count), longest)
    assert [token for part in cut for token in part.ids] == list(range(count))
    assert all(len(part.ids) == len(part.supervised) <= longest for part in cut)
    assert all(part.supervised[0] == 0 and set(part.supervised[1:]) <= {1} for part in cut)
