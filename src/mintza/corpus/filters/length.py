"""Filter `length`: documents with too few or too many words go."""

from __future__ import annotations

from mintza.corpus.settings import LengthFilterSettings
from mintza.records import Document, Verdict
from mintza.text.unspaced import count_words
from mintza.text.vocabulary import Vocabulary

STEP = "length"


class Length:
    """Counts words between white space, or what stands for them where there is none.

    vocabulary: in which other filters look the same texts up.
    """

    def __init__(self, settings: LengthFilterSettings, vocabulary: Vocabulary | None = None) -> None:
        self._settings = settings
        self._vocabulary = vocabulary

    def judge(self, document: Document) -> Verdict:
        count = count_words(document.text, self._vocabulary)
        reason, limit = "long enough and not too long", None
        if count < self._settings.min_words:
            reason, limit = "too few words", self._settings.min_words
        elif count > self._settings.max_words:
            reason, limit = "too many words", self._settings.max_words
        return Verdict(
            record_id=document.id,
            unit="document",
            step=STEP,
            kept=limit is None,
            reason=reason,
            value=count,
            threshold=limit,
            excerpt=document.text[:300],
        )
