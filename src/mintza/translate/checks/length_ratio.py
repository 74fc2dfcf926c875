"""Drops translations with a turn far shorter or longer than the original's."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs
from mintza.translate.settings import LengthRatioCheckSettings


class LengthRatioCheck:
    """Characters of the translated turn over those of the original lie between two limits."""

    def __init__(self, settings: LengthRatioCheckSettings) -> None:
        self._settings = settings

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Short turns are not judged: `Yes` may be one letter or ten elsewhere."""
        least, most = self._settings.min_ratio, self._settings.max_ratio
        for theirs, ours in pairs(original, translated):
            if len(theirs.content) < self._settings.min_characters:
                continue
            ratio = len(ours.content) / len(theirs.content)
            if not least <= ratio <= most:
                short = ratio < least
                return dropped(
                    translated.id,
                    "length_ratio",
                    f"far {'shorter' if short else 'longer'} than the original",
                    unit="conversation",
                    value=ratio,
                    threshold=least if short else most,
                    excerpt=ours.content,
                )
        return None
