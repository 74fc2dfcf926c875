"""How surprising the spelling of words is: a model of character trigrams, small enough to lie in a file."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

EDGE = "\x02"
BACK_OFF = 5.0
REMEMBERED = 200_000
_DIGITS = re.compile(r"\d")


class Spelling:
    """Trigrams of characters inside words, their edges included.

    Each order is smoothed with the one below it (Dirichlet prior of weight 5; the lowest knows every character a little).
    Source: MacKay and Peto (1995), A hierarchical Dirichlet language model.
    """

    def __init__(self, trigrams: Mapping[str, int]) -> None:
        self._three = trigrams
        self._two: Counter[str] = Counter()
        self._one: Counter[str] = Counter()
        self._before_three: Counter[str] = Counter()
        self._before_two: Counter[str] = Counter()
        for run, count in trigrams.items():
            self._two[run[1:]] += count
            self._one[run[2]] += count
            self._before_three[run[:2]] += count
            self._before_two[run[1]] += count
        self._all = sum(self._one.values())
        self._words: dict[str, float] = _Remembered(self._bits_of)

    @staticmethod
    def count(words: Iterable[str]) -> dict[str, int]:
        """Counts of the trigrams of words, each digit as 0; sorted, those that were met once left out."""
        seen: Counter[str] = Counter()
        for word, times in Counter(words).items():
            for run in _runs(word):
                seen[run] += times
        return {run: count for run, count in sorted(seen.items()) if count > 1}

    def bits(self, words: Iterable[str]) -> tuple[float, int]:
        """Bits of all the words together, and how many characters they are with an edge each."""
        total, characters = 0.0, 0
        for word in words:
            total += self._words[word]
            characters += len(word) + 1
        return total, characters

    def _bits_of(self, word: str) -> float:
        return -sum(math.log2(self._probability(run)) for run in _runs(word))

    def _probability(self, run: str) -> float:
        one = (self._one[run[2]] + 1) / (self._all + len(self._one) + 1)
        two = (self._two[run[1:]] + BACK_OFF * one) / (self._before_two[run[1]] + BACK_OFF)
        return (self._three.get(run, 0) + BACK_OFF * two) / (self._before_three[run[:2]] + BACK_OFF)


class _Remembered(dict[str, float]):
    """Answers that were given before; forgotten all at once when they are too many."""

    def __init__(self, of: Callable[[str], float]) -> None:
        super().__init__()
        self._of = of

    def __missing__(self, word: str) -> float:
        if len(self) >= REMEMBERED:
            self.clear()
        self[word] = value = self._of(word)
        return value


def _runs(word: str) -> Iterable[str]:
    padded = EDGE + EDGE + _DIGITS.sub("0", word) + EDGE
    return (padded[start : start + 3] for start in range(len(padded) - 2))
