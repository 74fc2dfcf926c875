"""Drops conversations with a turn that goes round in circles."""

from __future__ import annotations

from mintza.instruct.drops import dropped
from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import RepetitionFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.repetition import repeated_share


class RepetitionFilter:
    """The share of a turn that repeats what stood in it before is at most `max_share`."""

    def __init__(self, settings: RepetitionFilterSettings) -> None:
        self._most = settings.max_share

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Each turn by itself."""
        for turn in turns(conversation):
            share = repeated_share(turn.content)
            if share > self._most:
                return dropped(
                    conversation.id,
                    "repetition",
                    f"the {turn.role}'s turn repeats itself",
                    value=share,
                    threshold=self._most,
                    excerpt=turn.content,
                )
        return None
