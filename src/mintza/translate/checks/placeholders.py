"""Drops translations in which a number, an address or code changed."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.masks import kept
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs


class PlaceholdersCheck:
    """Numbers, URLs, e-mail addresses, code, formulas and placeholders of a turn are the original's, each as often.

    Comments in code may change, and a per cent sign may change sides.
    """

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """value: how many are missing or new in the first turn that is not equal."""
        for theirs, ours in pairs(original, translated):
            was, now = kept(theirs.content), kept(ours.content)
            if was != now:
                return dropped(
                    translated.id,
                    "placeholders",
                    "numbers, links or code changed",
                    unit="conversation",
                    value=((was - now) + (now - was)).total(),
                    threshold=0,
                    excerpt=ours.content,
                )
        return None
