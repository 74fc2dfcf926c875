"""Drops conversations whose instructions are nearly those of an earlier one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mintza.instruct.held import Held
from mintza.instruct.settings import NearDuplicateFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.duplicates import near_duplicate_clusters
from mintza.text.verdicts import dropped


class NearDuplicateFilter:
    """Of the conversations whose user's turns are alike, the first is kept. Works in any script."""

    def __init__(self, settings: NearDuplicateFilterSettings) -> None:
        self._threshold = settings.threshold

    def select(self, conversations: Iterable[Conversation]) -> Iterator[Conversation | Verdict]:
        """Holds all conversations, packed, and what was asked in them."""
        held = Held()
        asked = []
        for conversation in conversations:
            held.append(conversation)
            asked.append("\n\n".join(m.content for m in conversation.messages if m.role == "user"))
        clusters = near_duplicate_clusters(asked, threshold=self._threshold, shingle="char-5")
        for index, (first, conversation) in enumerate(zip(clusters, held, strict=True)):
            if index == first:
                yield conversation
                continue
            yield dropped(
                conversation.id,
                "near_duplicate",
                "an earlier instruction is nearly the same",
                unit="conversation",
                threshold=self._threshold,
                excerpt=asked[index],
            )
