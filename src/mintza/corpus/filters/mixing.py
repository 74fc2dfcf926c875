"""Filter `mixing`: documents go in which too many words have letters of two scripts."""

from __future__ import annotations

from mintza.corpus.filter_settings import MixingFilterSettings
from mintza.records import Document, Verdict
from mintza.text.normal import paragraphs
from mintza.text.scripts_in_words import MixedWords, mixed_words
from mintza.text.verdicts import EXCERPT
from mintza.text.vocabulary import Vocabulary

STEP = "mixing"


class Mixing:
    """Judged inside words: a Latin word in a Greek text is normal, a word of both is damage.

    vocabulary: in which other filters look the same texts up.
    """

    def __init__(self, settings: MixingFilterSettings, vocabulary: Vocabulary | None = None) -> None:
        self._settings = settings
        self._words = (vocabulary or Vocabulary()).columns(MixedWords)

    def judge(self, document: Document) -> Verdict:
        mixed, count = self._words.of(document.text)
        share = mixed / count if count else 0.0
        kept = share <= self._settings.max_share
        return Verdict(
            record_id=document.id,
            unit="document",
            step=STEP,
            kept=kept,
            reason="words are in one script each" if kept else "words with letters of two scripts",
            value=round(share, 4),
            threshold=self._settings.max_share,
            excerpt="" if kept else _where(document.text),
        )


def _where(text: str) -> str:
    """The first paragraph with such a word."""
    return next((one for one in paragraphs(text) if mixed_words(one)[0]), text)[:EXCERPT]
