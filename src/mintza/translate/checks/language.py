"""Drops translations with a turn that is not in the target language."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.identify import Identifier, share_of_language
from mintza.text.masks import without_code
from mintza.text.normal import letters
from mintza.translate.drops import dropped
from mintza.translate.settings import LanguageCheckSettings


class LanguageCheck:
    """The share of each turn's letters in paragraphs of the target language is at least `min_share`."""

    def __init__(self, settings: LanguageCheckSettings, *, target: str, identifier: Identifier) -> None:
        self._settings = settings
        self._target = target
        self._identifier = identifier

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Turns of few letters are not judged: their language cannot be known."""
        for turn in translated.messages:
            if letters(without_code(turn.content)) < self._settings.min_letters:
                continue
            share = share_of_language(turn.content, self._target, self._identifier)
            if share < self._settings.min_share:
                return dropped(
                    translated.id,
                    "language",
                    f"the {turn.role}'s turn is not in the language",
                    value=share,
                    threshold=self._settings.min_share,
                    excerpt=turn.content,
                )
        return None
