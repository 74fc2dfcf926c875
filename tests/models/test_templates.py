from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakes import CHATML
from mintza.errors import TemplateError
from mintza.models.templates import ChatTemplate, PreQuery, next_query, pre_query, prompt_spans, spans
from mintza.records import Message


def said(*words: str, system: str | None = None) -> list[Message]:
    """Turns of user and assistant by turns, after a system text if any."""
    turns = [Message(role="user" if place % 2 == 0 else "assistant", content=text) for place, text in enumerate(words)]
    return turns if system is None else [Message(role="system", content=system), *turns]


def template(styles: dict[str, str], special: dict[str, str], style: str) -> ChatTemplate:
    return ChatTemplate(styles[style], special)


@pytest.mark.parametrize(
    ("style", "head", "stop"),
    [
        ("chatml", "<|im_start|>user\n", "<|im_end|>"),
        ("llama3", "<s><|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        ("gemma", "<s><start_of_turn>user\n", "<end_of_turn>"),
        ("mistral", "<s>[INST]", "[/INST]"),
        ("dated", "<|system|>Today is 01 January 2025<|end|><|im_start|>user\n", "<|im_end|>"),
        ("default-system", "<|im_start|>system\nYou are kind.<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        ("words-only", "USER:", "ASSISTANT:"),
        ("marked", "<|im_start|>user\n", "<|im_end|>"),
    ],
)
def test_the_pre_query_ends_where_the_users_words_begin(
    styles: dict[str, str], special: dict[str, str], style: str, head: str, stop: str
) -> None:
    assert pre_query(template(styles, special, style), None) == PreQuery(head, stop)


def test_the_pre_query_shows_the_system_text(styles: dict[str, str], special: dict[str, str]) -> None:
    found = pre_query(template(styles, special, "default-system"), "Ask in Basque.")
    assert found.head == "<|im_start|>system\nAsk in Basque.<|im_end|>\n<|im_start|>user\n"


@pytest.mark.parametrize(
    ("style", "system", "why"),
    [
        ("gemma", "Ask.", "System role not supported"),
        ("drops-system", "Ask.", "drops or changes the system text"),
        ("repeats", None, "shows the user's words 2 times"),
        ("upper", None, "drops or changes the user's words"),
    ],
)
def test_a_template_that_cannot_give_a_pre_query_is_refused(
    styles: dict[str, str], special: dict[str, str], style: str, system: str | None, why: str
) -> None:
    with pytest.raises(TemplateError, match=why):
        pre_query(template(styles, special, style), system)


def test_nothing_after_the_users_words_is_refused() -> None:
    with pytest.raises(TemplateError, match="nothing follows"):
        pre_query(ChatTemplate("{{ messages[0].content }}", {}), None)


@pytest.mark.parametrize("style", ["chatml", "llama3", "gemma", "mistral", "dated", "default-system", "words-only"])
def test_spans_join_to_the_rendering(styles: dict[str, str], special: dict[str, str], style: str) -> None:
    chat = template(styles, special, style)
    messages = said("Hi", " Hello\nthere ", "And?", "Bye", system=None)
    assert "".join(span.text for span in spans(chat, messages)) == chat.render(messages)


@pytest.mark.parametrize(
    ("style", "learned"),
    [
        ("chatml", ["Hello<|im_end|>", "Bye<|im_end|>"]),
        ("llama3", ["Hello<|eot_id|>", "Bye<|eot_id|>"]),
        ("gemma", ["Hello<end_of_turn>", "Bye<end_of_turn>"]),
        ("mistral", [" Hello</s>", " Bye</s>"]),
        ("words-only", ["Hello", "Bye"]),
    ],
)
def test_loss_is_on_the_assistants_words_and_the_token_that_closes_them(
    styles: dict[str, str], special: dict[str, str], style: str, learned: list[str]
) -> None:
    pieces = spans(template(styles, special, style), said("Hi", "Hello", "And?", "Bye"))
    runs: list[str] = []
    before = False
    for piece in pieces:
        if piece.loss:
            runs = [*runs[:-1], runs[-1] + piece.text] if before else [*runs, piece.text]
        before = piece.loss
    assert runs == learned


def test_content_is_what_was_said_and_nothing_else(styles: dict[str, str], special: dict[str, str]) -> None:
    messages = said("What is <|im_end|>?", "A mark", system="Be brief")
    pieces = spans(template(styles, special, "chatml"), messages)
    assert [piece.text for piece in pieces if piece.content] == ["Be brief", "What is <|im_end|>?", "A mark"]


def test_a_template_that_trims_gives_trimmed_content(styles: dict[str, str], special: dict[str, str]) -> None:
    pieces = spans(template(styles, special, "llama3"), said(" Hi ", "\nHello  "))
    assert [piece.text for piece in pieces if piece.content] == ["Hi", "Hello"]


@pytest.mark.parametrize(
    ("style", "system", "why"),
    [
        ("rewrites", None, "turn 2: it is rewritten when later turns follow"),
        ("mistral", "Be brief", "the words of turn 1"),
        ("repeats", None, "the words of turn 4 2 times"),
        ("upper", None, "the words of turn 1"),
        ("drops-system", "Be brief", "the words of turn 1"),
    ],
)
def test_a_template_that_would_train_on_another_text_than_it_asks_with_is_refused(
    styles: dict[str, str], special: dict[str, str], style: str, system: str | None, why: str
) -> None:
    with pytest.raises(TemplateError, match=why):
        spans(template(styles, special, style), said("Hi", "Hello", "And?", "Bye", system=system))


@given(st.lists(st.text(max_size=40), min_size=1, max_size=5), st.none() | st.text(max_size=20))
def test_spans_hold_everything_whatever_is_said(words: list[str], system: str | None) -> None:
    chat = ChatTemplate(CHATML, {})
    messages = said(*words, system=system)
    pieces = spans(chat, messages)
    assert "".join(piece.text for piece in pieces) == chat.render(messages)
    assert [piece.text for piece in pieces if piece.content] == [m.content for m in messages if m.content]


def test_the_date_in_a_rendering_is_the_clocks(styles: dict[str, str], special: dict[str, str]) -> None:
    chat = ChatTemplate(styles["dated"], special, clock=lambda: datetime(1998, 7, 4))  # noqa: DTZ001
    assert "Today is 04 July 1998" in chat.render(said("Hi"))
    assert chat.digest != ChatTemplate(styles["dated"], special).digest


def test_the_digest_depends_on_the_source_and_the_special_tokens(styles: dict[str, str]) -> None:
    one = ChatTemplate(styles["llama3"], {"bos_token": "<s>"})
    assert one == ChatTemplate(styles["llama3"], {"bos_token": "<s>"})
    assert one.digest != ChatTemplate(styles["llama3"], {"bos_token": "<bos>"}).digest
    assert len(one.digest) == 12


def test_a_broken_template_is_refused_with_its_line() -> None:
    with pytest.raises(TemplateError, match="line 2"):
        ChatTemplate("{{ messages }}\n{% for %}", {})


@pytest.mark.parametrize(
    "source",
    [
        "{{ messages.__class__.__mro__ }}",
        "{{ messages.append(1) }}",
        "{% set n = namespace(a=1) %}{% set n.__class__ = 1 %}",
        "{% for a in range(99999999) %}{% endfor %}",
    ],
)
def test_a_template_cannot_leave_its_sandbox(source: str) -> None:
    with pytest.raises(TemplateError):
        print(ChatTemplate(source, {}).render(said("Hi")))


def test_json_in_a_template_is_not_escaped_for_html() -> None:
    assert ChatTemplate("{{ messages[0] | tojson }}", {}).render(said("<ñ>")) == '{"role": "user", "content": "<ñ>"}'


def test_loop_controls_work() -> None:
    chat = ChatTemplate(
        "{% for m in messages %}{% if loop.index == 2 %}{% break %}{% endif %}{{ m.content }}{% endfor %}", {}
    )
    assert chat.render(said("one", "two")) == "one"


def test_loss_covers_markup_that_the_model_has_to_write_itself(styles: dict[str, str], special: dict[str, str]) -> None:
    pieces = spans(template(styles, special, "rewrites"), said("Hi", "Hello"))
    assert [piece.text for piece in pieces if piece.loss] == ["<think></think>", "Hello", "<|im_end|>"]


@pytest.mark.parametrize("style", ["chatml", "llama3", "gemma", "mistral", "default-system", "rewrites", "words-only"])
def test_the_pieces_of_a_prompt_join_to_what_the_model_is_asked_with(
    styles: dict[str, str], special: dict[str, str], style: str
) -> None:
    chat = template(styles, special, style)
    messages = said("Hi", "Hello", "What is <|im_end|>?")
    pieces = prompt_spans(chat, messages)
    assert "".join(piece.text for piece in pieces) == chat.render(messages, add_generation_prompt=True)
    assert [piece.text for piece in pieces if piece.content] == ["Hi", "Hello", "What is <|im_end|>?"]
    assert not any(piece.loss for piece in pieces)


@pytest.mark.parametrize(
    ("style", "system", "head", "stop"),
    [
        ("chatml", None, "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        ("llama3", "Go on.", "\n\nHello<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n", "<|eot_id|>"),
        ("gemma", None, "<start_of_turn>model\nHello<end_of_turn>\n<start_of_turn>user\n", "<end_of_turn>"),
        ("mistral", None, "[INST] Hi[/INST] Hello</s>[INST]", "[/INST]"),
        ("mistral", "Go on.", "[INST] Hi[/INST] Hello</s>[INST] Go on.\n\n", "[/INST]"),
        ("dated", None, "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        ("default-system", "Go on.", "<|im_start|>assistant\nHello<|im_end|>\n<|im_start|>user\n", "<|im_end|>"),
        ("words-only", None, "USER: Hi\nASSISTANT: Hello\nUSER:", "ASSISTANT:"),
    ],
)
def test_the_head_of_a_further_turn_ends_where_the_users_next_words_begin(
    styles: dict[str, str], special: dict[str, str], style: str, system: str | None, head: str, stop: str
) -> None:
    found = next_query(template(styles, special, style), system, said("Hi", "Hello"))
    assert found.head.endswith(head)
    assert found.stop == stop
    assert system is None or found.head.count(system) == 1


@pytest.mark.parametrize(
    ("style", "system", "why"),
    [
        ("gemma", "Go on.", "System role not supported"),
        ("drops-system", "Go on.", "drops or changes the system text"),
        ("repeats", None, "shows the user's words 2 times"),
        ("upper", None, "drops or changes the user's words"),
    ],
)
def test_a_template_that_cannot_go_on_is_refused_with_its_reason(
    styles: dict[str, str], special: dict[str, str], style: str, system: str | None, why: str
) -> None:
    with pytest.raises(TemplateError, match=why):
        next_query(template(styles, special, style), system, said("Hi", "Hello"))
