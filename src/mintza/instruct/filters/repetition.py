"""Drops conversations with a turn that goes round in circles."""

from __future__ import annotations

from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import RepetitionFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.turns import in_circles


class RepetitionFilter:
    """The share of a turn that repeats what stood in it before is at most `max_share`."""

    def __init__(self, settings: RepetitionFilterSettings) -> None:
        self._most = settings.max_share

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Each turn by itself."""
        return in_circles(turns(conversation), of=conversation.id, max_share=self._most)
