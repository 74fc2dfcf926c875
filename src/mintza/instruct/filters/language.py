"""Drops conversations with a turn in another language."""

from __future__ import annotations

from mintza.instruct.filters.shapes import turns
from mintza.instruct.settings import LanguageFilterSettings
from mintza.records import Conversation, Verdict
from mintza.text.identify import Identifier
from mintza.text.turns import in_another_language


class LanguageFilter:
    """The share of each turn's letters in paragraphs of the conversation's language is at least `min_share`."""

    def __init__(self, settings: LanguageFilterSettings, *, code: str, identifier: Identifier) -> None:
        self._settings = settings
        self._code = code
        self._identifier = identifier

    def judge(self, conversation: Conversation) -> Verdict | None:
        """Turns of few letters are not judged."""
        return in_another_language(
            turns(conversation),
            of=conversation.id,
            code=self._code,
            identifier=self._identifier,
            min_share=self._settings.min_share,
            min_letters=self._settings.min_letters,
        )
