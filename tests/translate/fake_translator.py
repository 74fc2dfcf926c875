"""A translator behind the seam that answers as a test tells it to; two languages; conversations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator

import msgspec

from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling
from mintza.models.templates import ChatTemplate
from mintza.records import Conversation, FinishReason, Language, ModelRef, Verdict
from mintza.text.identify import Identified

Said = str | tuple[str, FinishReason]
STOP: FinishReason = "stop"


def reversed_words(prompt: ChatPrompt) -> str:
    """A translation into a language that says words backwards; marks stay."""
    asked = json.loads(prompt.messages[-1].content)
    for turn in asked["messages"]:
        turn["content"] = " ".join(w if "⟦" in w else w[::-1] for w in turn["content"].split(" "))
    return json.dumps(asked, ensure_ascii=False)


class FakeTranslator:
    """answer: what is said to a chat."""

    def __init__(self, answer: Callable[[ChatPrompt], Said] = reversed_words) -> None:
        self.ref = ModelRef(name="fake", provider="scripted", location="nowhere", revision="r1")
        self.template: ChatTemplate | None = None
        self.chatted: list[tuple[ChatPrompt, Sampling, JsonSchema | None]] = []
        self._answer = answer

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        raise NotImplementedError

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        for prompt in prompts:
            self.chatted.append((prompt, sampling, schema))
            said = self._answer(prompt)
            text, finish = said if isinstance(said, tuple) else (said, STOP)
            yield Completion(draw=prompt.draw, text=text, finish_reason=finish, prompt_tokens=1, completion_tokens=1)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        raise NotImplementedError

    def close(self) -> None:
        pass


class FakeIdentifier:
    """Text with `zz` in it is in no language, all other is Basque."""

    name = "fake"

    def identify(self, text: str) -> Identified:
        return Identified("und" if "zz" in text else "eus_Latn", 1.0, "fake")


ENGLISH = Language(
    code="eng_Latn",
    bcp47="en",
    name="English",
    endonym="English",
    direction="ltr",
    neighbours=(),
    pycld2="en",
    py3langid="en",
    sentence_end=".!?",
    refusal_phrases=("i can't help with",),
    identity_phrases=("i am fakebot",),
    sample_system_prompt="",
    chat_system_prompt="",
    register="",
)
BASQUE = msgspec.structs.replace(
    ENGLISH,
    code="eus_Latn",
    bcp47="eu",
    name="Basque",
    endonym="euskara",
    pycld2="eu",
    py3langid="eu",
    refusal_phrases=("ezin dizut lagundu",),
    identity_phrases=("fakebot naiz",),
    register="Say 'zu', never 'hi'.",
)


def conversation(*contents: str, id: str = "c-0") -> Conversation:
    """A conversation in English: user, assistant, user, ..."""
    roles = ("user", "assistant")
    return msgspec.convert(
        {
            "id": id,
            "language": "eng_Latn",
            "component": "english",
            "messages": [{"role": roles[n % 2], "content": c, "finish_reason": "stop"} for n, c in enumerate(contents)],
            "provenance": {"source": "smol", "license": "Apache-2.0", "steps": [{"done": "sampled"}]},
        },
        Conversation,
    )


def translation(original: Conversation, *contents: str) -> Conversation:
    """A translation of it that says these."""
    said = conversation(*contents)
    return msgspec.structs.replace(
        original,
        id=f"basque/{original.id}",
        component="basque",
        language="eus_Latn",
        messages=said.messages,
        parent_id=original.id,
    )


def split(records: Iterable[Conversation | Verdict]) -> tuple[list[Conversation], list[Verdict]]:
    """Conversations, and verdicts."""
    listed = list(records)
    return [r for r in listed if isinstance(r, Conversation)], [r for r in listed if isinstance(r, Verdict)]
