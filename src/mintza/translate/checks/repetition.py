"""Drops translations with a turn that goes round in circles."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.turns import in_circles
from mintza.translate.settings import RepetitionCheckSettings


class RepetitionCheck:
    """The share of a turn that repeats what stood in it before is at most `max_share`."""

    def __init__(self, settings: RepetitionCheckSettings) -> None:
        self._most = settings.max_share

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Each turn by itself."""
        return in_circles(translated.messages, of=translated.id, max_share=self._most)
