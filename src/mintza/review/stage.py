"""What people decided is done: an edited conversation replaces the model's, a rejected one leaves a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from mintza.errors import BadInput
from mintza.records import Conversation, Message, Review, Step, Verdict
from mintza.review.decisions import Settled, all_settled, seen_of
from mintza.review.settings import ReviewSettings
from mintza.text.verdicts import dropped

REVISIONS = {"review": 1}
LIBRARIES: dict[str, tuple[str, ...]] = {"review": ()}
OBJECTIONS = {
    "meaning": "the meaning is another",
    "unnatural": "nobody would say it so",
    "language": "not in the language",
    "register": "the wrong register or variety",
    "form": "broken form: code, lists, numbers",
    "unsafe": "harmful or private",
    "other": "something else",
}


def review(
    settings: ReviewSettings,
    reviews: Iterable[Review],
    *,
    made: Iterable[Conversation],
    kept: Iterable[Conversation],
    originals: Iterable[Conversation] = (),
) -> Iterator[Conversation | Verdict]:
    """Yield what goes on after people read it, in the order of `kept`, then what they brought back of the rest.

    made: all conversations before the checks or filters.  kept: those that passed.  originals: what `made` was translated from.
    A decision counts only for the very text that was seen. Only reviewed conversations are held in memory.
    """
    words = all_settled(reviews)
    names = {conversation for conversation, _ in words}
    before = {one.id: one for one in made if one.id in names}
    parents = {one.parent_id for one in before.values() if one.parent_id}
    sources = {one.id: one for one in originals if one.id in parents}
    passed: set[str] = set()
    for conversation in kept:
        word = _word(conversation, words, sources) if conversation.id in names else None
        if conversation.id in names:
            passed.add(conversation.id)
        if word is not None:
            yield _done(conversation, word)
        elif settings.only_reviewed:
            yield _dropped(conversation, "nobody has reviewed it")
        else:
            yield conversation
    for conversation in before.values():
        # Dropped by a check, and a person says that it is good: the person is right.
        if conversation.id not in passed and (word := _word(conversation, words, sources)) is not None:
            yield _done(conversation, word)


def _word(
    conversation: Conversation, words: dict[tuple[str, str], Settled], sources: dict[str, Conversation]
) -> Settled | None:
    original = sources.get(conversation.parent_id) if conversation.parent_id else None
    return words.get((conversation.id, seen_of(conversation, original)))


def _done(conversation: Conversation, word: Settled) -> Conversation | Verdict:
    decisive = word.decisive
    if decisive.decision == "rejected":
        return _dropped(conversation, f"rejected: {OBJECTIONS[decisive.objection or 'other']}")
    messages = conversation.messages
    done: tuple[str, ...] = ("reviewed",)
    if decisive.decision == "edited":
        if len(decisive.turns) != len(messages):
            remedy = "take that review out of the file"
            raise BadInput(
                "an edit has another number of turns than the conversation", place=conversation.id, remedy=remedy
            )
        messages = tuple(
            message if message.content == text else Message(role=message.role, content=text)
            for message, text in zip(messages, decisive.turns, strict=True)
        )
        done = ("reviewed", "edited")
    steps = (*conversation.provenance.steps, *(Step(done=one, by=decisive.reviewer) for one in done))
    provenance = msgspec.structs.replace(conversation.provenance, steps=steps)
    return msgspec.structs.replace(conversation, messages=messages, provenance=provenance)


def _dropped(conversation: Conversation, reason: str) -> Verdict:
    excerpt = conversation.messages[-1].content
    return dropped(conversation.id, "review", reason, unit="conversation", excerpt=excerpt)
