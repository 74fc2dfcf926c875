"""Drops translations in which the translator speaks for itself."""

from __future__ import annotations

from mintza.records import Conversation, Language, Verdict
from mintza.text.normal import plain
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs
from mintza.translate.settings import RefusalCheckSettings


class RefusalCheck:
    """No turn refuses or names a model, in either language, where the original turn does not."""

    def __init__(self, settings: RefusalCheckSettings, *, source: Language, target: Language) -> None:
        self._source = _phrases(source)
        self._all = (*self._source, *_phrases(target), *map(plain, settings.phrases))

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Where the original has such a phrase of its own, the translation says it rightly."""
        for theirs, ours in pairs(original, translated):
            was, now = plain(theirs.content), plain(ours.content)
            if any(phrase in was for phrase in self._source):
                continue
            if any(phrase in now and phrase not in was for phrase in self._all):
                return dropped(
                    translated.id,
                    "refusal",
                    "the translator speaks of itself",
                    unit="conversation",
                    excerpt=ours.content,
                )
        return None


def _phrases(language: Language) -> tuple[str, ...]:
    return tuple(map(plain, (*language.refusal_phrases, *language.identity_phrases)))
