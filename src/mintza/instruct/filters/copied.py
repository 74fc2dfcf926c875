"""Drops conversations whose answer says the instruction again."""

from __future__ import annotations

from mintza.instruct.filters.shapes import exchanges
from mintza.instruct.settings import CopiedFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.normal import normal_form
from mintza.text.verdicts import dropped

RUN = 5


class CopiedFilter:
    """An answer neither stands in its instruction as a whole, nor is more than `max_share` of it pieces of the instruction."""

    def __init__(self, settings: CopiedFilterSettings) -> None:
        self._settings = settings

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Compared in normal form. Short answers are not judged: which of two the instruction names is a good answer."""
        for asked, answered in exchanges(conversation):
            answer, instruction = normal_form(answered.content), normal_form(asked.content)
            if len(answer) < self._settings.min_characters:
                continue
            share = 1.0 if answer in instruction else _share(_pieces(answer), _pieces(instruction))
            if share > self._settings.max_share:
                reason = "the answer stands in the instruction" if share == 1.0 else "the answer copies the instruction"
                return dropped(
                    conversation.id,
                    "copied",
                    reason,
                    unit="conversation",
                    value=share,
                    threshold=self._settings.max_share,
                    excerpt=answered.content,
                )
        return None


def _pieces(text: str) -> set[str]:
    return {text[start : start + RUN] for start in range(max(1, len(text) - RUN + 1))}


def _share(pieces: set[str], others: set[str]) -> float:
    return len(pieces & others) / len(pieces)
