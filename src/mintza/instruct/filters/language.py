"""Drops conversations with a turn in another language."""

from __future__ import annotations

from mintza.instruct.drops import dropped
from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import LanguageFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.identify import Identifier, share_of_language
from mintza.text.masks import without_code
from mintza.text.normal import letters


class LanguageFilter:
    """The share of each turn's letters in paragraphs of the conversation's language is at least `min_share`."""

    def __init__(self, settings: LanguageFilterSettings, *, code: str, identifier: Identifier) -> None:
        self._settings = settings
        self._code = code
        self._identifier = identifier

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Turns of few letters are not judged: their language cannot be known."""
        for turn in turns(conversation):
            if letters(without_code(turn.content)) < self._settings.min_letters:
                continue
            share = share_of_language(turn.content, self._code, self._identifier)
            if share < self._settings.min_share:
                return dropped(
                    conversation.id,
                    "language",
                    f"the {turn.role}'s turn is not in the language",
                    value=share,
                    threshold=self._settings.min_share,
                    excerpt=turn.content,
                )
        return None
