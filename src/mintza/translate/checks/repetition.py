"""Drops translations with a turn that goes round in circles."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.repetition import repeated_share
from mintza.translate.drops import dropped
from mintza.translate.settings import RepetitionCheckSettings


class RepetitionCheck:
    """The share of a turn that repeats what stood in it before is at most `max_share`."""

    def __init__(self, settings: RepetitionCheckSettings) -> None:
        self._most = settings.max_share

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Each turn by itself."""
        for turn in translated.messages:
            share = repeated_share(turn.content)
            if share > self._most:
                return dropped(
                    translated.id,
                    "repetition",
                    f"the {turn.role}'s turn repeats itself",
                    value=share,
                    threshold=self._most,
                    excerpt=turn.content,
                )
        return None
