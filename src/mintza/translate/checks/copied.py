"""Drops translations that are the original again."""

from __future__ import annotations

from mintza.records import Conversation, Verdict
from mintza.text.masks import mask
from mintza.text.normal import normal_form
from mintza.text.verdicts import dropped
from mintza.translate.checks.shapes import pairs
from mintza.translate.settings import CopiedCheckSettings

WORDS = 3
CHARACTERS = 5
FEW_WORDS = 12

Pieces = set[tuple[str, ...]]


class CopiedCheck:
    """The share of a turn's word triples that the original turn has too is under `max_share`."""

    def __init__(self, settings: CopiedCheckSettings) -> None:
        self._settings = settings

    def judge(self, original: Conversation, translated: Conversation) -> Verdict | None:
        """Code, links and numbers are left out: they are to be the same. Turns of few words are not judged: names are."""
        for theirs, ours in pairs(original, translated):
            if len(_normal(theirs.content).split()) < self._settings.min_words:
                continue
            share = copied_share(theirs.content, ours.content)
            if share >= self._settings.max_share:
                return dropped(
                    translated.id,
                    "copied",
                    f"the {ours.role}'s turn is the original again",
                    unit="conversation",
                    value=share,
                    threshold=self._settings.max_share,
                    excerpt=ours.content,
                )
        return None


def copied_share(original: str, translated: str) -> float:
    """Share of the translation's word triples that stand in the original, 0 to 1; of 5-character pieces where words are few."""
    was, now = _normal(original), _normal(translated)
    few = min(len(was.split()), len(now.split())) < FEW_WORDS
    pieces, others = (_pieces(list(t) if few else t.split(), CHARACTERS if few else WORDS) for t in (now, was))
    return len(pieces & others) / len(pieces) if pieces else 0.0


def _normal(text: str) -> str:
    masked = mask(text)
    for number in range(len(masked.pieces)):
        masked = masked._replace(text=masked.text.replace(f"⟦{number}⟧", " "))
    return normal_form(masked.text)


def _pieces(units: list[str], run: int) -> Pieces:
    return {tuple(units[start : start + run]) for start in range(max(1, len(units) - run + 1))} if units else set()
