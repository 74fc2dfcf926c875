"""A model behind the seam that says what a test tells it to, and remembers what it was asked. And a language."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.templates import ChatTemplate
from mintza.records import Conversation, FinishReason, Language, ModelRef, Verdict
from mintza.text.identify import Identified

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message.role + '\n' + message.content + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)

Said = str | tuple[str, FinishReason]
STOP: FinishReason = "stop"


class FakeModel:
    """turn: what is said for a draw.  answer: what is said to a chat."""

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
    """Text with `zz` in it is in no language, all other is English."""

    name = "fake"

    def identify(self, text: str) -> Identified:
        return Identified("und" if "zz" in text else "eng_Latn", 1.0, "fake")


ENGLISH = Language(
    code="eng_Latn",
    bcp47="en",
    name="English",
    endonym="English",
    direction="ltr",
    neighbours=(),
    pycld2="en",
    py3langid="en",
    sentence_end='.!?"”',
    refusal_phrases=("i can't help with", "as an ai"),
    identity_phrases=("i am fakebot",),
    sample_system_prompt="Both speak English; the answer is short.",
    chat_system_prompt="",
    register="British spelling.",
)


def conversation(user: str, assistant: str, *, id: str = "c-0", cut: str = "") -> Conversation:
    """A conversation of one exchange. cut: the role whose turn was cut."""
    said = (("user", user), ("assistant", assistant))
    return msgspec.convert(
        {
            "id": id,
            "language": "eng_Latn",
            "component": "c",
            "messages": [
                {"role": role, "content": content, "finish_reason": "length" if role == cut else "stop"}
                for role, content in said
            ],
            "provenance": {"source": "fake", "license": "CC0-1.0"},
        },
        Conversation,
    )


def split(records: Iterable[Conversation | Verdict]) -> tuple[list[Conversation], list[Verdict]]:
    """Conversations, and verdicts."""
    listed = list(records)
    return [r for r in listed if isinstance(r, Conversation)], [r for r in listed if isinstance(r, Verdict)]
