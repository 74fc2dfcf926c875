"""The shape of a check: it sees an original and its translation, side by side."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mintza.records import Conversation, Message, Verdict


class Judge(Protocol):
    """Looks at one translation at a time. Stateless."""

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Why the translation is dropped, or None when it is kept."""
        ...


def pairs(original: Conversation, translated: Conversation) -> Iterator[tuple[Message, Message]]:
    """Each turn with its translation, as far as both go: whether they go equally far is the check `turns`."""
    yield from zip(original.messages, translated.messages, strict=False)
