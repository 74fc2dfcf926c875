"""Drops translations with a turn that is not in the target language."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.identify import Identifier
from mintza.text.turns import in_another_language
from mintza.translate.settings import LanguageCheckSettings


class LanguageCheck:
    """The share of each turn's letters in paragraphs of the target language is at least `min_share`."""

    def __init__(self, settings: LanguageCheckSettings, *, target: str, identifier: Identifier) -> None:
        self._settings = settings
        self._target = target
        self._identifier = identifier

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Turns of few letters are not judged."""
        return in_another_language(
            translated.messages,
            of=translated.id,
            code=self._target,
            identifier=self._identifier,
            min_share=self._settings.min_share,
            min_letters=self._settings.min_letters,
        )
