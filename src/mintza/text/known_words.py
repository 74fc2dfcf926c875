"""What is known of a word wherever it stands, so that a text is measured by looking its words up."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from mintza.text.normal import normal_form
from mintza.text.remembered import OfWords
from mintza.text.spelling import Spelling
from mintza.text.vocabulary import Column, Lists, OfVocabulary, Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mintza.text.vocabulary import Numbers

    Hashes = NDArray[np.int64]

_SENTENCE_END = frozenset(".!?…:。！？।։؟۔།॥")
_CLOSING = "\"'”’»)]"
_LIST_END = frozenset(",;|•·›/،、")
_ORDINARY = frozenset("<>")
_SEPARATING = frozenset("|•·*#@&%/\\_{}[]§¶†‡※")


class Counts(NamedTuple):
    """What is counted of words: how many have a letter, are function words, end a list or a sentence; of characters how many
    are digits and symbols. letters: of the words' cores, each with an edge.  squares: of the words' lengths.

    units, unit_characters: how many words their normal forms have, and how long those are together.
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
    units: int
    unit_characters: int


class Looked(NamedTuple):
    """What is known of some words. counts: of all together; the rest has a place for each word, shape (n,).

    joins: whether it joins others to a sentence, or ends one: a function word, or one with an end of a sentence.
    bits: of the spelling of its core, which is the word without what is neither letter nor digit at its ends, case folded.
    cores: hashes of those.  units: hashes of the words of the normal forms, shape (counts.units,). Hashes are this process's own.
    """

    counts: Counts
    joins: NDArray[np.bool_]
    bits: NDArray[np.float64]
    cores: Hashes
    units: Hashes


class KnownWords(OfVocabulary):
    """Words as they stand in texts; the commonest words and the spelling are those of a sample."""

    def __init__(self, function_words: Sequence[str], spelling: Spelling, vocabulary: Vocabulary) -> None:
        super().__init__(vocabulary)
        self._function_words = frozenset(function_words)
        # Twice as many words stand in texts as there are without what stands at their edges.
        self._bits = OfWords(spelling.bits)

    def look_up(self, text: str) -> Looked:
        """What is known of the words of a text, of which there must be one."""
        import numpy as np

        parts = [self._some(numbers) for numbers in self.pieces(text)]
        if len(parts) == 1:
            return parts[0]
        together = Counts(*map(sum, zip(*(part.counts for part in parts), strict=True)))
        return Looked(together, *(np.concatenate(column) for column in zip(*(part[1:] for part in parts), strict=True)))

    def _some(self, numbers: Numbers) -> Looked:
        import numpy as np

        counts = np.ones(len(numbers)) @ self._counts.of(numbers)
        columns = (column.of(numbers) for column in (self._joins, self._bits_of, self._cores, self._units))
        return Looked(Counts(*map(int, counts.tolist())), *columns)

    def forget(self) -> None:
        # Numbers up to 2 ** 53 are exact so, and products with such matrices are the fastest sums.
        self._counts = Column("f8", len(Counts._fields))
        self._joins, self._bits_of, self._cores, self._units = Column("?"), Column("f8"), Column("i8"), Lists("i8")

    def meet(self, words: Sequence[str]) -> None:
        cores = list(map(core, words))
        units = [normal_form(word).split() for word in words]
        counts = list(map(self._counted, words, cores, units))
        self._counts.extend(counts)
        self._joins.extend([one.function or one.ending for one in counts])
        self._bits_of.extend([self._bits[one] if one else 0.0 for one in cores])
        self._cores.extend(list(map(hash, cores)))
        self._units.extend([list(map(hash, one)) for one in units])

    def _counted(self, word: str, inner: str, units: Sequence[str]) -> Counts:
        plain = word.isalpha()
        bare = word if plain else word.rstrip(_CLOSING)
        return Counts(
            alphabetic=plain or any(map(str.isalpha, inner)),
            function=inner in self._function_words,
            listing=not plain and word[-1] in _LIST_END and not _asks_in_greek(word),
            ending=not plain and (word[-1] in _SENTENCE_END or bare[-1:] in _SENTENCE_END or _asks_in_greek(bare)),
            digits=0 if plain else sum(map(str.isdigit, word)),
            symbols=0 if plain else sum(map(_SYMBOLS.__getitem__, word)),
            letters=len(inner) + 1 if inner else 0,
            characters=len(word),
            squares=len(word) ** 2,
            units=len(units),
            unit_characters=sum(map(len, units)),
        )


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
    """Signs, control characters, and marks of lists and notes: punctuation of other scripts is ordinary, and so is what is
    never seen (spaces without width, joiners, marks of direction)."""
    kind = unicodedata.category(character)
    return character not in _ORDINARY and ((kind[0] in "SC" and kind != "Cf") or character in _SEPARATING)


_SYMBOLS = OfWords(_is_symbol)
