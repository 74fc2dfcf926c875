"""Drops translations with other turns than the original has."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.verdicts import dropped


class TurnsCheck:
    """As many turns, by the same roles, in the same order."""

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """value: turns of the translation.  threshold: turns of the original."""
        ours, theirs = ([m.role for m in c.messages] for c in (translated, original))
        if ours == theirs:
            return None
        return dropped(
            translated.id,
            "turns",
            "other turns than the original",
            unit="conversation",
            value=len(ours),
            threshold=len(theirs),
            excerpt="\n".join(f"{m.role}: {m.content}" for m in translated.messages),
        )
