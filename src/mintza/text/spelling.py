"""How surprising the spelling of words is: a model of character trigrams, small enough to lie in a file."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping

EDGE = "\x02"
BACK_OFF = 5.0
MOST_RUNS = 200_000
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
        # By the three characters and not by their string: a word's are made ten times as fast.
        self._logarithms = _Remembered(lambda three: math.log2(self.probability("".join(three))))

    @staticmethod
    def count(words: Iterable[str]) -> dict[str, int]:
        """Counts of the trigrams of words, each digit as 0; sorted, those that were met once left out."""
        seen: Counter[str] = Counter()
        for word, times in Counter(words).items():
            for run in _runs(word):
                seen[run] += times
        return {run: count for run, count in sorted(seen.items()) if count > 1}

    def bits(self, word: str) -> float:
        """Bits of a word, its end included: of one character more than it has."""
        padded = _padded(word)
        return -sum(map(self._logarithms.__getitem__, zip(padded, padded[1:], padded[2:], strict=False)))

    def probability(self, run: str) -> float:
        """Of the last of three characters after the two before it."""
        one = (self._one[run[2]] + 1) / (self._all + len(self._one) + 1)
        two = (self._two[run[1:]] + BACK_OFF * one) / (self._before_two[run[1]] + BACK_OFF)
        return (self._three.get(run, 0) + BACK_OFF * two) / (self._before_three[run[:2]] + BACK_OFF)


class _Remembered(dict[tuple[str, str, str], float]):
    """What a function says of three characters; all are forgotten when there are too many."""

    def __init__(self, function: Callable[[tuple[str, str, str]], float]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, three: tuple[str, str, str]) -> float:
        if len(self) >= MOST_RUNS:
            self.clear()
        value = self[three] = self._function(three)
        return value


def _padded(word: str) -> str:
    return EDGE + EDGE + (word if word.isalpha() else _DIGITS.sub("0", word)) + EDGE


def _runs(word: str) -> Iterable[str]:
    padded = _padded(word)
    return (padded[start : start + 3] for start in range(len(padded) - 2))
