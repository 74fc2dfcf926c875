"""Drops translations in which a turn was lost."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.normal import normal_form
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs


class EmptyCheck:
    """Where the original has letters or digits, the translation has some too."""

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """The excerpt is the original turn: of the translation there is nothing to show."""
        for theirs, ours in pairs(original, translated):
            if normal_form(theirs.content) and not normal_form(ours.content):
                return dropped(
                    translated.id,
                    "empty",
                    f"the {ours.role}'s turn is empty",
                    unit="conversation",
                    excerpt=theirs.content,
                )
        return None
