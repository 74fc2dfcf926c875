"""Orthographies and dialects of a language, told apart by the forms that its folder names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mintza.records import Variety
from mintza.text.vocabulary import Column, OfVocabulary, Vocabulary

LEAST = 2
_AFTER = ("", *".,;:!?)\"'»”…")


class Varieties(OfVocabulary):
    """Says which variety a text is in. vocabulary: in which others look the same texts up."""

    def __init__(self, varieties: Sequence[Variety], vocabulary: Vocabulary | None = None) -> None:
        super().__init__(vocabulary or Vocabulary())
        self.names = tuple(variety.name for variety in varieties)
        # Verbs end sentences in many languages: a word is known with what may follow it, which is cheaper than cutting it off.
        self._words = {
            word + after: number for number, one in enumerate(varieties, 1) for word in one.words for after in _AFTER
        }
        self._patterns = [
            re.compile("|".join(f"(?:{pattern})" for pattern in one.patterns)) if one.patterns else None
            for one in varieties
        ]

    def of(self, text: str) -> str:
        """The name of the variety whose forms stand in the text most often; empty below two of them, or when two have as many."""
        counts = [0] * len(self.names)
        for numbers in self.pieces(text):
            shown = self._shown.of(numbers)
            for number in shown[shown > 0].tolist():
                counts[number - 1] += 1
        if any(self._patterns):
            folded = text.casefold()
            for index, pattern in enumerate(self._patterns):
                if pattern is not None:
                    counts[index] += sum(1 for _ in pattern.finditer(folded))
        ordered = sorted(counts, reverse=True)
        if not ordered or ordered[0] < LEAST or ordered[:1] == ordered[1:2]:
            return ""
        return self.names[counts.index(ordered[0])]

    def forget(self) -> None:
        self._shown = Column("u1")

    def meet(self, words: Sequence[str]) -> None:
        self._shown.extend([self._words.get(word.casefold(), 0) for word in words])
