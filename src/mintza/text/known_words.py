"""What is known of a word wherever it stands, so that a text is measured by looking its words up."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from mintza.text.normal import normal_form
from mintza.text.remembered import OfWords
from mintza.text.spelling import Spelling

_ROOM = 40  # bits of a count
_MOST = (1 << _ROOM) - 1
_SENTENCE_END = frozenset(".!?…:。！？।։؟۔።॥")
_CLOSING = "\"'”’»)]"
_LIST_END = frozenset(",;|•·›/،、")
_ORDINARY = frozenset("<>")
_SEPARATING = frozenset("|•·*#@&%/\\_{}[]§¶†‡※")


class Counts(NamedTuple):
    """What is counted of words: how many have a letter, are function words, end a list or a sentence; of characters how many
    are digits and symbols. letters: of the words' cores, each with an edge.  squares: of the words' lengths.

    All of a word stand in one number, side by side, so that one sum counts all: each has room for as many as a text may have.
    """

    alphabetic: int
    function: int
    listing: int
    ending: int
    digits: int
    symbols: int
    letters: int
    characters: int
    squares: int

    def together(self) -> int:
        """As one number, the squares at its upper end, where they may grow."""
        return sum(count << (place * _ROOM) for place, count in enumerate(self))

    @classmethod
    def of(cls, number: int) -> Counts:
        """As they stand in a sum of such numbers."""
        rest = [number >> (place * _ROOM) for place in range(len(cls._fields))]
        return cls._make([*(one & _MOST for one in rest[:-1]), rest[-1]])


class Word(NamedTuple):
    """A word. counts: Counts of it, in one number.  bits: of the spelling of its core.

    core: without what is neither letter nor digit at its ends, case folded.  normal: the words of its normal form.
    joins: whether it joins others to a sentence, or ends one: a function word, or one with an end of a sentence.
    """

    core: str
    joins: bool
    counts: int
    bits: float
    normal: tuple[str, ...]


class KnownWords(OfWords[Word]):
    """Words as they stand in texts; the commonest words and the spelling are those of a sample."""

    def __init__(self, function_words: Sequence[str], spelling: Spelling) -> None:
        super().__init__(self._met)
        self._function_words = frozenset(function_words)
        # Twice as many words stand in texts as there are without what stands at their edges.
        self._bits = OfWords(spelling.bits)

    def _met(self, word: str) -> Word:
        inner = core(word)
        plain = word.isalpha()
        bare = word if plain else word.rstrip(_CLOSING)
        function = inner in self._function_words
        ending = not plain and (word[-1] in _SENTENCE_END or bare[-1:] in _SENTENCE_END or _asks_in_greek(bare))
        counts = Counts(
            alphabetic=plain or any(map(str.isalpha, inner)),
            function=function,
            listing=not plain and word[-1] in _LIST_END and not _asks_in_greek(word),
            ending=ending,
            digits=0 if plain else sum(map(str.isdigit, word)),
            symbols=0 if plain else sum(map(_SYMBOLS.__getitem__, word)),
            letters=len(inner) + 1 if inner else 0,
            characters=len(word),
            squares=len(word) ** 2,
        )
        bits = self._bits[inner] if inner else 0.0
        return Word(inner, function or ending, counts.together(), bits, tuple(normal_form(word).split()))


def core(word: str) -> str:
    """The word case folded without what is neither letter nor digit at its ends."""
    if word.isalnum():
        return word.casefold()
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end].casefold()


def _asks_in_greek(word: str) -> bool:
    """Whether it ends in `;` after a Greek letter: there it is the question mark."""
    return word[-1:] == ";" and ("\u0370" <= word[-2:-1] <= "\u03ff" or "\u1f00" <= word[-2:-1] <= "\u1fff")


def _is_symbol(character: str) -> bool:
    """Signs, control characters, and marks of lists and notes: punctuation of other scripts is ordinary."""
    kind = unicodedata.category(character)[0]
    return character not in _ORDINARY and (kind in "SC" or character in _SEPARATING)


_SYMBOLS = OfWords(_is_symbol)
