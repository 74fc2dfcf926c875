"""The two shapes of a filter of conversations, and what all filters read of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Protocol, runtime_checkable

from mintza.records import Conversation, Message, Verdict

Stream = Iterable[Conversation | Verdict]


@runtime_checkable
class Judge(Protocol):
    """Looks at one conversation at a time. Stateless."""

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Why the conversation is dropped, or None when it is kept."""
        ...


@runtime_checkable
class Select(Protocol):
    """Looks at all conversations before it keeps any."""

    def select(self, conversations: Iterable[Conversation]) -> Iterator[Conversation | Verdict]:
        """Each conversation that is kept, and a verdict for each that is not, in the order they came."""
        ...


def apply(chosen: Judge | Select, stream: Stream) -> Iterator[Conversation | Verdict]:
    """Let a filter look at the conversations of a stream; the verdicts in it pass by."""
    if isinstance(chosen, Judge):
        yield from _judged(chosen, stream)
        return
    verdicts: list[Verdict] = []
    yield from chosen.select(_aside(stream, verdicts))
    yield from verdicts


def _judged(judge: Judge, stream: Stream) -> Iterator[Conversation | Verdict]:
    for record in stream:
        verdict = judge.judge(record) if isinstance(record, Conversation) else None
        yield record if verdict is None else verdict


def _aside(stream: Stream, verdicts: list[Verdict]) -> Iterator[Conversation]:
    for record in stream:
        if isinstance(record, Verdict):
            verdicts.append(record)
        else:
            yield record


def turns(conversation: Conversation) -> list[Message]:
    """What was said, without system turns."""
    return [message for message in conversation.messages if message.role != "system"]


def exchanges(conversation: Conversation) -> list[tuple[Message, Message]]:
    """Each answer with the instruction before it."""
    said = turns(conversation)
    return [(a, b) for a, b in pairwise(said) if (a.role, b.role) == ("user", "assistant")]
