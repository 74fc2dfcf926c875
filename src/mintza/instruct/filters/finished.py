"""Drops conversations with a turn that does not come to its end."""

from __future__ import annotations

from mintza.instruct.filters.shapes import turns
from mintza.records import Conversation, Message, Verdict
from mintza.text.verdicts import dropped

COLONS = (":", "：", "፡", "։")
FENCES = ("```", "~~~")
EMPHASIS = "*_"
"""Markdown that may stand after the last full stop."""


class FinishedFilter:
    """No turn was cut, instructions do not end in a colon, answers end in a sentence's end or a block of code.

    sentence_end: the characters that the language's sentences end in.
    """

    def __init__(self, sentence_end: str) -> None:
        self._ends = tuple(sentence_end)

    def judge(self, conversation: Conversation) -> Verdict | None:
        """The excerpt is the end of the turn: it shows what is missing."""
        for turn in turns(conversation):
            reason = self._unfinished(turn)
            if reason:
                return dropped(conversation.id, "finished", reason, unit="conversation", excerpt=turn.content[-200:])
        return None

    def _unfinished(self, turn: Message) -> str:
        if turn.finish_reason == "length":
            return f"the {turn.role}'s turn was cut at max_tokens"
        text = turn.content.rstrip()
        if turn.role == "user":
            return "the instruction ends in a colon" if text.endswith(COLONS) else ""
        if text.endswith(FENCES) or text.rstrip(EMPHASIS).rstrip().endswith(self._ends):
            return ""
        return "the answer does not end as a sentence does"
