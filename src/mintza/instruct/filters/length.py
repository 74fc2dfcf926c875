"""Drops conversations with a turn that is too short or too long."""

from __future__ import annotations

from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import LengthFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.verdicts import dropped


class LengthFilter:
    """Each turn's length in characters lies between its role's limits, both included."""

    def __init__(self, settings: LengthFilterSettings) -> None:
        self._limits = {
            "user": (settings.user_min, settings.user_max),
            "assistant": (settings.assistant_min, settings.assistant_max),
        }

    def judge(self, conversation: Conversation) -> Verdict | None:
        """White space at the ends does not count."""
        for turn in turns(conversation):
            least, most = self._limits[turn.role]
            length = len(turn.content.strip())
            if least <= length <= most:
                continue
            short = length < least
            return dropped(
                conversation.id,
                "length",
                f"the {turn.role}'s turn is too {'short' if short else 'long'}",
                unit="conversation",
                value=length,
                threshold=least if short else most,
                excerpt=turn.content,
            )
        return None
