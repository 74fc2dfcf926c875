"""What a function says of words, remembered: a text has few words that it does not repeat."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

V = TypeVar("V")
MOST_WORDS = 100_000
LONGEST = 64


class OfWords(dict[str, V]):
    """Word -> value of a function that looks at the word alone, so that memory bounds nothing but time.

    At most 100,000 words are held; when they are full, all are forgotten. Longer words than 64 characters are not held.
    """

    def __init__(self, function: Callable[[str], V]) -> None:
        super().__init__()
        self._function = function

    def __missing__(self, word: str) -> V:
        value = self._function(word)
        if len(word) <= LONGEST:
            if len(self) >= MOST_WORDS:
                self.clear()
            self[word] = value
        return value
