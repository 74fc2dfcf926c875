"""Drops conversations with an exchange that is nothing but code."""

from __future__ import annotations

from mintza.instruct.filters.shapes import exchanges
from mintza.instruct.settings import CodeOnlyFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.masks import without_code
from mintza.text.normal import letters
from mintza.text.verdicts import dropped


class CodeOnlyFilter:
    """Each exchange has at least `min_letters` letters outside its blocks of code. An exchange without code passes."""

    def __init__(self, settings: CodeOnlyFilterSettings) -> None:
        self._least = settings.min_letters

    def judge(self, conversation: Conversation) -> Verdict | None:
        """value: letters that are no code."""
        for asked, answered in exchanges(conversation):
            both = (asked.content, answered.content)
            prose = [without_code(text) for text in both]
            if all(one == other for one, other in zip(prose, both, strict=True)):
                continue
            said = sum(letters(text) for text in prose)
            if said < self._least:
                return dropped(
                    conversation.id,
                    "code_only",
                    "an exchange is nothing but code",
                    unit="conversation",
                    value=said,
                    threshold=self._least,
                    excerpt=answered.content,
                )
        return None
