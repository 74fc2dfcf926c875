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
    """

    id: str
    language: str
    component: str
    messages: tuple[Message, ...]
    provenance: Provenance
    parent_id: str | None = None
