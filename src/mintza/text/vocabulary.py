"""The words of texts as numbers: a word is looked up once a text, and what is known of words lies in columns of numbers.

Who measures words looks their numbers up in columns of its own, which takes a tenth of the time of looking at words one by one.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from mintza.text.normal import pieces

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

K = TypeVar("K", bound="OfVocabulary")
MOST_WORDS = 100_000
MOST_CHARACTERS = 16_000_000
REMEMBERED = 8_000_000  # characters of texts whose numbers are remembered


class Vocabulary:
    """Numbers of the words that stand between white space, in the order in which they were met; for one thread.

    When it has 100,000 words it forgets them all before the next piece of text, so that memory bounds nothing but time;
    `generation` counts how often. Texts that were asked for lately are remembered.
    """

    def __init__(self) -> None:
        self.generation = 0
        self._met = _Met()
        self._texts: dict[str, Numbers] = {}
        self._remembered = 0
        self._columns: dict[type[OfVocabulary], OfVocabulary] = {}

    @property
    def words(self) -> Sequence[str]:
        """Number -> word."""
        return self._met.words

    def pieces(self, text: str) -> Iterator[Numbers]:
        """The numbers of a text's words in order, some 200,000 at a time; they hold until the next piece is asked for."""
        for piece in pieces(text):
            yield self._numbers(piece)

    def columns(self, kind: type[K]) -> K:
        """The columns of a kind that needs to know nothing else; the same ones whenever they are asked for."""
        if kind not in self._columns:
            self._columns[kind] = kind(self)
        return cast("K", self._columns[kind])

    def _numbers(self, text: str) -> Numbers:
        found = self._texts.get(text)
        if found is not None:
            return found
        import numpy as np

        if len(self._met.words) >= MOST_WORDS or self._met.characters >= MOST_CHARACTERS:
            self._forget()
        words = text.split()
        numbers = np.fromiter(map(self._met.__getitem__, words), dtype=np.int64, count=len(words))
        if self._remembered >= REMEMBERED:
            self._texts, self._remembered = {}, 0
        self._texts[text] = numbers
        self._remembered += len(text)
        return numbers

    def _forget(self) -> None:
        self.generation += 1
        self._met = _Met()
        self._texts, self._remembered = {}, 0


class _Met(dict[str, int]):
    """Word -> its number, given when it is met. characters: of all of them."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.characters = 0

    def __missing__(self, word: str) -> int:
        number = self[word] = len(self.words)
        self.words.append(word)
        self.characters += len(word)
        return number


class OfVocabulary(ABC):
    """What somebody knows of the words of a vocabulary, in columns that grow with it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._generation = -1
        self._known = 0

    @abstractmethod
    def forget(self) -> None:
        """Begin with empty columns."""

    @abstractmethod
    def meet(self, words: Sequence[str]) -> None:
        """Put the next words into the columns."""

    def pieces(self, text: str) -> Iterator[Numbers]:
        """The numbers of a text's words, as `Vocabulary.pieces` gives them, when the columns know them."""
        for numbers in self._vocabulary.pieces(text):
            words = self._vocabulary.words
            if self._generation != self._vocabulary.generation:
                self._generation, self._known = self._vocabulary.generation, 0
                self.forget()
            if self._known < len(words):
                self.meet(words[self._known :])
                self._known = len(words)
            yield numbers


class Column:
    """Numbers that one may add to. kind: numpy's letters for their type.  width: of a row, when it is more than one number."""

    def __init__(self, kind: str, width: int | None = None) -> None:
        import numpy as np

        self._values: NDArray[Any] = np.empty(1024 if width is None else (1024, width), dtype=kind)
        self._full = 0

    def __len__(self) -> int:
        return self._full

    def extend(self, values: Sequence[Any]) -> None:
        """Add some rows."""
        import numpy as np

        full = self._full + len(values)
        if full > len(self._values):
            grown = np.empty((2 * full, *self._values.shape[1:]), dtype=self._values.dtype)
            grown[: self._full] = self._values[: self._full]
            self._values = grown
        if len(values):
            self._values[self._full : full] = values
        self._full = full

    def of(self, numbers: Numbers) -> NDArray[Any]:
        """The rows of these numbers, shape (n,) or (n, width)."""
        return self._values.take(numbers, axis=0)


class Lists:
    """A list of numbers of each word: in most cases of one."""

    def __init__(self, kind: str) -> None:
        self._sizes, self._starts, self._values = Column("i8"), Column("i8"), Column(kind)

    def extend(self, lists: Iterable[Sequence[int]]) -> None:
        """Add the lists of some words."""
        start = len(self._values)
        sizes: list[int] = []
        starts: list[int] = []
        values: list[int] = []
        for one in lists:
            starts.append(start + len(values))
            sizes.append(len(one))
            values.extend(one)
        self._sizes.extend(sizes)
        self._starts.extend(starts)
        self._values.extend(values)

    def of(self, numbers: Numbers) -> NDArray[Any]:
        """The lists of these words, one after the other, shape (sum of their lengths,)."""
        import numpy as np

        sizes = self._sizes.of(numbers)
        # Where the list of each begins, less the place where it is put: then a place more for each is the next number.
        ends = sizes.cumsum()
        shifts = self._starts.of(numbers) - (ends - sizes)
        return self._values.of(np.arange(int(ends[-1]) if len(ends) else 0) + shifts.repeat(sizes))
