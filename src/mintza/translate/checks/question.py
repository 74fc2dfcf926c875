"""Drops translations in which a question is none any more: most often the model answered it."""

from __future__ import annotations

import re

from mintza.records import Conversation, Language, Verdict
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs

# Latin and most others, full width, Arabic, Armenian (inside the word), Greek by its own character.
_MARKS = "?？؟՞\u037e"
_GREEK = "Grek"
_WITHOUT_MARKS = ("Thai", "Laoo", "Mymr", "Khmr", "Tibt")
_CLOSED = re.compile(r"[\s\"'”’»)\]*_`]+\Z")


class QuestionCheck:
    """A turn that ends in a question mark has one in the translation too; scripts that are written without are not judged."""

    def __init__(self, *, source: Language, target: Language) -> None:
        self._asks = _marks(source)
        self._asked = _marks(target)

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Only the last sentence is looked at: within a text a question may well become a clause."""
        for theirs, ours in pairs(original, translated):
            ends = _CLOSED.sub("", theirs.content)
            if self._asked and ends.endswith(self._asks) and not any(mark in ours.content for mark in self._asked):
                return dropped(
                    translated.id,
                    "question",
                    f"the {ours.role}'s question is none any more",
                    unit="conversation",
                    excerpt=ours.content,
                )
        return None


def _marks(language: Language) -> tuple[str, ...]:
    script = language.code.rpartition("_")[2]
    if script in _WITHOUT_MARKS:
        return ()
    return (*_MARKS, ";") if script == _GREEK else tuple(_MARKS)
