from __future__ import annotations

from pathlib import Path

import pytest

from mintza.errors import BadInput, ModelError
from mintza.models.providers.scripted import ScriptedModel
from mintza.models.seam import ChatPrompt, Pair, Prompt, Sampling
from mintza.models.settings import ScriptedExecution, ScriptedSettings
from mintza.records import Message

REPLIES = """
rules:
  - {when: "^<.im_start.>user", asked: complete, cycle: ["What is a cow?", "Count to {draw}."]}
  - {when: "system: Translate", where: all, reply: '{"text": "{user_json}!"}'}
  - {when: "Count to (\\\\d+)", reply: "{1}, and that is all of it"}
  - {when: "broken", reply: "half of", finish: length}
  - {when: "cow", reply: "You said: {user}"}
"""


def scripted(folder: Path, text: str = REPLIES, execution: ScriptedExecution | None = None) -> ScriptedModel:
    (folder / "replies.yaml").write_text(text, encoding="utf-8")
    settings = ScriptedSettings(replies="replies.yaml", execution=execution or ScriptedExecution())
    return ScriptedModel(settings, name="script", base=folder)


def chat(*words: str, draw: int = 0, system: str | None = None) -> ChatPrompt:
    turns = [Message(role="user" if n % 2 == 0 else "assistant", content=text) for n, text in enumerate(words)]
    return ChatPrompt(messages=(*([Message(role="system", content=system)] if system else []), *turns), draw=draw)


def test_the_first_rule_that_fits_answers(tmp_path: Path) -> None:
    model = scripted(tmp_path)
    answers = model.chat([chat("Tell me of a cow"), chat("Count to 3", draw=1)], Sampling())
    assert [(a.draw, a.text) for a in answers] == [(0, "You said: Tell me of a cow"), (1, "3, and that is all of it")]


def test_a_cycle_is_taken_in_turn_by_draw(tmp_path: Path) -> None:
    prompts = [Prompt(text="<|im_start|>user\n", draw=draw) for draw in range(4)]
    answers = scripted(tmp_path).complete(prompts, Sampling())
    assert [a.text for a in answers] == ["What is a cow?", "Count to 1.", "What is a cow?", "Count to 3."]


def test_a_rule_may_look_at_the_whole_talk_and_reply_in_json(tmp_path: Path) -> None:
    [answer] = scripted(tmp_path).chat([chat('a "cow"\n', system="Translate")], Sampling())
    assert answer.text == '{"text": "a \\"cow\\"\\n!"}'


def test_answers_are_cut_at_stop_strings_and_at_max_tokens(tmp_path: Path) -> None:
    model = scripted(tmp_path)
    [cut] = model.chat([chat("Count to 3")], Sampling(max_tokens=3))
    [stopped] = model.chat([chat("Count to 3")], Sampling(stop=(" that", "all")))
    [short] = model.chat([chat("broken")], Sampling())
    assert (cut.text, cut.finish_reason, cut.completion_tokens) == ("3, and that", "length", 3)
    assert (stopped.text, stopped.finish_reason) == ("3, and", "stop")
    assert short.finish_reason == "length"


def test_a_request_that_no_rule_fits_is_an_error_with_the_file_as_its_place(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no rule fits this chat request") as caught:
        list(scripted(tmp_path).chat([chat("a horse")], Sampling()))
    assert "replies.yaml" in str(caught.value)


def test_each_request_leaves_its_key_in_the_log_before_it_is_answered(tmp_path: Path) -> None:
    model = scripted(tmp_path, execution=ScriptedExecution(log="requests.log"))
    answers = model.chat([chat("cow"), chat("cow", draw=1), chat("cow", draw=2)], Sampling())
    next(answers)
    assert len((tmp_path / "requests.log").read_text().split()) == 1
    assert len(list(answers)) == 2
    assert len(set((tmp_path / "requests.log").read_text().split())) == 3


def test_a_likelihood_depends_on_the_texts_alone(tmp_path: Path) -> None:
    pairs = [Pair(context="", continuation="egun on"), Pair(context="A", continuation="egun on")]
    first, second = scripted(tmp_path).likelihood(pairs)
    again, _ = scripted(tmp_path).likelihood(pairs)
    assert first == again != second
    assert -1.2 * 7 <= first.log_likelihood <= -0.8 * 7
    assert first.tokens == 2


def test_the_revision_is_the_content_of_the_file(tmp_path: Path) -> None:
    first = scripted(tmp_path).ref.revision
    assert scripted(tmp_path, REPLIES + "nats_per_byte: 2.0\n").ref.revision != first


def test_a_scripted_model_has_a_chat_template_unless_the_file_says_null(tmp_path: Path) -> None:
    template = scripted(tmp_path).template
    assert template is not None
    assert template.render([Message(role="user", content="Hi")]) == "<|im_start|>user\nHi<|im_end|>\n"
    assert scripted(tmp_path, REPLIES + "template: null\n").template is None


def test_a_closed_model_does_not_answer(tmp_path: Path) -> None:
    model = scripted(tmp_path)
    model.close()
    with pytest.raises(ModelError, match="closed"):
        list(model.chat([chat("cow")], Sampling()))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("rules: [{when: '('}]", "either `reply` or `cycle`"),
        ("rules: [{when: '(', reply: a}]", "not a regular expression"),
        ("rules: [{reply: a, replay: b}]", "replay"),
        ("rules: [", "not YAML"),
        ("rules: []\nrules: []", "the key 'rules' is written twice"),
    ],
)
def test_a_wrong_file_of_replies_is_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadInput, match=why):
        scripted(tmp_path, text)


def test_a_missing_file_of_replies_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        ScriptedModel(ScriptedSettings(replies="none.yaml"), name="script", base=tmp_path)
