"""What stands behind the seams in the tests of every room: a model, an identifier, languages, conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import msgspec

from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress, silent
from mintza.records import Artifact, Conversation, FinishReason, Language, Message, ModelRef, Provenance, Role, Verdict
from mintza.text.identify import Identified

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

Said = str | tuple[str, FinishReason]
STOP: FinishReason = "stop"
TURNS: tuple[Role, ...] = ("user", "assistant")
MADE_UP = Provenance(source="fake", license="CC0-1.0")


class FakeModel:
    """Says what a test tells it to, and remembers what it was asked. turn: is said for a draw.  answer: to a chat."""

    def __init__(
        self,
        turn: Callable[[int], Said] = lambda draw: f"How tall is hill number {draw}?",
        answer: Callable[[ChatPrompt], Said] = lambda prompt: "It is as tall as ten houses.",
        template: str | None = CHATML,
    ) -> None:
        self.ref = ModelRef(name="fake", provider="scripted", location="nowhere", revision="r1")
        self.template = None if template is None else ChatTemplate(template, {"eos_token": "<|im_end|>"})
        self.completed: list[tuple[Prompt, Sampling]] = []
        self.chatted: list[tuple[ChatPrompt, Sampling, JsonSchema | None]] = []
        self._turn = turn
        self._answer = answer

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            self.completed.append((prompt, sampling))
            yield _completion(prompt.draw, self._turn(prompt.draw))

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        for prompt in prompts:
            self.chatted.append((prompt, sampling, schema))
            yield _completion(prompt.draw, self._answer(prompt))

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        raise NotImplementedError

    def close(self) -> None:
        pass


def _completion(draw: int, said: Said) -> Completion:
    text, finish = said if isinstance(said, tuple) else (said, STOP)
    return Completion(draw=draw, text=text, finish_reason=finish, prompt_tokens=1, completion_tokens=1)


class FakeIdentifier:
    """Text with `zz` in it is in no language, all other in the one of the code."""

    name = "fake"

    def __init__(self, code: str) -> None:
        self._code = code

    def identify(self, text: str) -> Identified:
        return Identified("und" if "zz" in text else self._code, 1.0, "fake")


def language(code: str, called: str | None, **more: Any) -> Language:
    """A language made for the tests, so that they rest on nobody's folders. called: by both identifiers.  more: fields."""
    plain = Language(
        code=code,
        bcp47=called or "und",
        name=code,
        endonym=code,
        direction="ltr",
        neighbours=(),
        pycld2=called,
        py3langid=called,
        sentence_end=".",
        refusal_phrases=(),
        identity_phrases=(),
        sample_system_prompt="",
        chat_system_prompt="",
        register="",
    )
    return msgspec.structs.replace(plain, **more)


ENGLISH = language(
    "eng_Latn",
    "en",
    name="English",
    endonym="English",
    sentence_end='.!?"”',
    refusal_phrases=("i can't help with", "as an ai"),
    identity_phrases=("i am fakebot",),
    sample_system_prompt="Both speak English; the answer is short.",
    register="British spelling.",
)
BASQUE = language(
    "eus_Latn",
    "eu",
    name="Basque",
    endonym="euskara",
    sentence_end=".!?",
    refusal_phrases=("ezin dizut lagundu",),
    identity_phrases=("fakebot naiz",),
    register="Say 'zu', never 'hi'.",
)


def conversation(
    *contents: str, id: str = "c-0", component: str = "c", cut: str = "", provenance: Provenance = MADE_UP
) -> Conversation:
    """A conversation in English: user, assistant, user, ... cut: the role whose turns were cut."""
    said = ((TURNS[place % 2], content) for place, content in enumerate(contents))
    return Conversation(
        id=id,
        language=ENGLISH.code,
        component=component,
        messages=tuple(
            Message(role=role, content=content, finish_reason="length" if role == cut else STOP)
            for role, content in said
        ),
        provenance=provenance,
    )


def split(records: Iterable[Conversation | Verdict]) -> tuple[list[Conversation], list[Verdict]]:
    """Conversations, and verdicts."""
    listed = list(records)
    return [r for r in listed if isinstance(r, Conversation)], [r for r in listed if isinstance(r, Verdict)]


class Quiet:
    """Listens to a run and keeps silent. made: what was made, in order."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def begins(self, node: str, does: str) -> Progress:
        return silent

    def ends(self, node: str, artifact: Artifact, made: bool) -> None:
        self.made += [node] if made else []

    def say(self, line: str) -> None:
        pass
