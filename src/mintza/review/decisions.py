"""What reviews come to: one word a conversation, however many people read it, however often they changed their minds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from mintza.records import Conversation, Review

DECIDED = ("accepted", "edited", "rejected")


class Settled(NamedTuple):
    """decisive: the review that counts.  reviewers: all who decided, in the order of their names."""

    decisive: Review
    reviewers: tuple[str, ...]


def seen_of(conversation: Conversation, original: Conversation | None) -> str:
    """sha256 of all that a reviewer reads: turns of the conversation, and of the original if it was translated."""
    shown = [[message.role, message.content] for message in conversation.messages]
    beside = None if original is None else [[message.role, message.content] for message in original.messages]
    return hashlib.sha256(msgspec.json.encode([shown, beside])).hexdigest()


def standing(reviews: Iterable[Review]) -> dict[tuple[str, str], dict[str, Review]]:
    """(conversation, what was seen) -> reviewer -> the last word, skips included. What was undone is not there."""
    found: dict[tuple[str, str], dict[str, Review]] = {}
    for review in reviews:
        at = found.setdefault((review.conversation, review.seen), {})
        if review.decision == "undone":
            at.pop(review.reviewer, None)
        else:
            # Taken out first, so that the order is that of the last words.
            at.pop(review.reviewer, None)
            at[review.reviewer] = review
    return found


def settled(by_reviewer: Mapping[str, Review]) -> Settled | None:
    """One word of several people, None when nobody decided: one rejection drops it; else the last edit stands; else it is accepted.

    Nothing that a speaker calls bad is kept silently, and an edit says more than a nod.
    """
    decided = [review for review in by_reviewer.values() if review.decision in DECIDED]
    if not decided:
        return None
    for decision in ("rejected", "edited", "accepted"):
        of_kind = [review for review in decided if review.decision == decision]
        if of_kind:
            return Settled(of_kind[-1], tuple(sorted(review.reviewer for review in decided)))
    raise AssertionError("every decision is one of the three")


def all_settled(reviews: Iterable[Review]) -> dict[tuple[str, str], Settled]:
    """(conversation, what was seen) -> its settled word, for those that somebody decided on."""
    found = ((key, settled(by_reviewer)) for key, by_reviewer in standing(reviews).items())
    return {key: word for key, word in found if word is not None}


def fingerprint(reviews: Iterable[Review], component: str) -> str:
    """sha256 of what the reviews of a component come to: a skip, an undone word or a second nod changes nothing."""
    words = all_settled(review for review in reviews if review.component == component)
    listed = [
        [*key, one.decisive.decision, one.decisive.reviewer, one.decisive.objection, list(one.decisive.turns)]
        for key, one in sorted(words.items())
    ]
    return hashlib.sha256(msgspec.json.encode(listed)).hexdigest()
