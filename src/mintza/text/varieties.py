"""Orthographies and dialects of a language, told apart by the forms that its folder names."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mintza.records import Variety

LEAST = 2
_AFTER = ("", *".,;:!?)\"'»”…")


class Varieties:
    """Says which variety a text is in. Words are looked up, so that it costs little where a language has varieties, and nothing else."""

    def __init__(self, varieties: Sequence[Variety]) -> None:
        self.names = tuple(variety.name for variety in varieties)
        # Verbs end sentences in many languages: a word is known with what may follow it, which is cheaper than cutting it off.
        self._words = {
            word + after: index for index, one in enumerate(varieties) for word in one.words for after in _AFTER
        }
        self._patterns = [
            re.compile("|".join(f"(?:{pattern})" for pattern in one.patterns)) if one.patterns else None
            for one in varieties
        ]

    def of(self, text: str) -> str:
        """The name of the variety whose forms stand in the text most often; empty below two of them, or when two have as many."""
        folded = text.casefold()
        counts = [0] * len(self.names)
        for word in filter(self._words.__contains__, folded.split()):
            counts[self._words[word]] += 1
        for index, pattern in enumerate(self._patterns):
            if pattern is not None:
                counts[index] += sum(1 for _ in pattern.finditer(folded))
        ordered = sorted(counts, reverse=True)
        if not ordered or ordered[0] < LEAST or ordered[:1] == ordered[1:2]:
            return ""
        return self.names[counts.index(ordered[0])]
