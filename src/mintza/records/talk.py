"""Talk: messages and conversations."""

from __future__ import annotations

from typing import Literal

from mintza.records.base import Record
from mintza.records.text import Provenance

Role = Literal["system", "user", "assistant"]
FinishReason = Literal["stop", "length", "error"]


class Message(Record, frozen=True, kw_only=True):
    """One turn. finish_reason: how the model ended it (`stop`: by itself; `length`: cut), None when a person wrote it."""

    role: Role
    content: str
    finish_reason: FinishReason | None = None


class Conversation(Record, frozen=True, kw_only=True):
    """Turns between a person and an assistant.

    id: unique in its component.  language: code.  component: name in the study.  parent_id: what it was translated from.
    category: of the language's list under which it was sampled, None when under none.
    """

    id: str
    language: str
    component: str
    messages: tuple[Message, ...]
    provenance: Provenance
    parent_id: str | None = None
    category: str | None = None


class Judgement(Record, frozen=True, kw_only=True):
    """What a model said of a conversation: one label of each list that it was shown.

    record_id: of the conversation.  model, revision: who judged.
    """

    record_id: str
    quality: str
    difficulty: str
    category: str
    model: str
    revision: str


class Category(Record, frozen=True, kw_only=True):
    """A kind of instruction.

    weight: how often it is sampled, beside the others'.  turn_system_prompt: under which a user's turn is drawn.
    """

    name: str
    weight: float
    turn_system_prompt: str


class SamplePrompts(Record, frozen=True, kw_only=True):
    """What a model is told in a language while it writes a user's turns.

    turn_system_prompt: for the first.  follow_up_system_prompt: for those after an answer.
    """

    turn_system_prompt: str
    follow_up_system_prompt: str
    categories: tuple[Category, ...] = ()
