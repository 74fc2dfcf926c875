"""A translator behind the seam that answers as a test tells it to; what it is given, and what comes back."""

from __future__ import annotations

import json
from collections.abc import Callable

import msgspec

import fakes
from fakes import BASQUE, FakeModel, Said
from mintza.models.seam import ChatPrompt
from mintza.records import Conversation, Provenance, Step

SAMPLED = Provenance(source="smol", license="Apache-2.0", steps=(Step(done="sampled"),))


def reversed_words(prompt: ChatPrompt) -> str:
    """A translation into a language that says words backwards; marks stay."""
    asked = json.loads(prompt.messages[-1].content)
    for turn in asked["messages"]:
        turn["content"] = " ".join(w if "⟦" in w else w[::-1] for w in turn["content"].split(" "))
    return json.dumps(asked, ensure_ascii=False)


class FakeTranslator(FakeModel):
    """answer: what is said to a chat."""

    def __init__(self, answer: Callable[[ChatPrompt], Said] = reversed_words) -> None:
        super().__init__(answer=answer, template=None)


def conversation(*contents: str, id: str = "c-0") -> Conversation:
    """A sampled conversation in English: user, assistant, user, ..."""
    return fakes.conversation(*contents, id=id, component="english", provenance=SAMPLED)


def translation(original: Conversation, *contents: str) -> Conversation:
    """A translation of it that says these."""
    said = conversation(*contents)
    return msgspec.structs.replace(
        original,
        id=f"basque/{original.id}",
        component="basque",
        language=BASQUE.code,
        messages=said.messages,
        parent_id=original.id,
    )
