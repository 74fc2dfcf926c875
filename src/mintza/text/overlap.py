"""What of some texts (the items of exams) stands in others: coverage by shared runs of words and of characters."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mintza.text.normal import normal_form, paragraphs
from mintza.text.unspaced import share_unspaced
from mintza.text.vocabulary import Lists, OfVocabulary, Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

WORD_RUN = 5
CHARACTER_RUN = 24
FEW_WORDS = 8
SENTENCES_TOGETHER = 3
MOSTLY_UNSPACED = 0.5
# `;` is the question mark after a Greek letter; after the signs of Chinese and Japanese stands no space.
_SENTENCE_END = re.compile(
    r"(?:(?<=[.!?…։؟।۔።។])|(?<=[\u0370-\u03ff\u1f00-\u1fff];))[\"”’')\]»]*\s+|(?<=[。！？])[\"”’')\]»」』]*\s*|\n+"
)


class Shared(NamedTuple):
    """name: of the text that is held.  share: of its words or characters, the larger, that lie in runs held too."""

    name: str
    share: float


class Index:
    """Runs of known texts, to be looked for in others.

    texts: (name, text); several may have one name. A text is compared in normal form: by the runs of 5 words and of 24
    characters that it shares within one stretch of the other, no longer than two to three times itself. A text of under 8
    words is held where one to three sentences on end, a line or a paragraph have the same normal form. In scripts without
    spaces only characters are compared. vocabulary: in which others look the same texts up.
    """

    def __init__(self, texts: Iterable[tuple[str, str]], vocabulary: Vocabulary | None = None) -> None:
        self._short: dict[str, str] = {}
        words, characters = _Runs(WORD_RUN), _Runs(CHARACTER_RUN)
        short: dict[int, list[Hashes]] = {}
        for name, text in texts:
            normal = normal_form(text)
            units = normal.split()
            spaceless = len(normal) > CHARACTER_RUN and (
                len(normal) > 30 * len(units) or share_unspaced(normal) > MOSTLY_UNSPACED
            )
            if normal and len(units) < FEW_WORDS and not spaceless:
                self._short.setdefault(normal, name)
                short.setdefault(len(units), []).append(_Rolled(_of_words(units)).runs(len(units)))
            elif normal:
                characters.add(name, _of_characters(normal))
                if not spaceless:
                    words.add(name, _of_words(units))
        self._words, self._characters = words.sealed(), characters.sealed()
        self._short_runs = {count: _Known(found) for count, found in sorted(short.items())}
        self._normal = (vocabulary or Vocabulary()).columns(_Normal)

    def held(self, text: str, *, min_share: float) -> list[Shared]:
        """The known texts of which at least `min_share` is in the text: by name, each name once with its largest share."""
        largest: dict[str, float] = {}
        of_words, of_characters = self._normal.of(text)
        words = _Rolled(of_words)
        for runs, rolled in ((self._words, words), (self._characters, _Rolled(of_characters))):
            for name, share in runs.covered(rolled, min_share):
                largest[name] = max(share, largest.get(name, 0.0))
        # A sentence is said only where its words stand in a row; looking for that is far faster than cutting sentences out.
        if any(len(known.among(words.runs(count))) for count, known in self._short_runs.items()):
            for said in _said(text):
                if said in self._short:
                    largest[self._short[said]] = 1.0
        return [Shared(name, largest[name]) for name in sorted(largest)]


class _Known:
    """A set of hashes, in which many are looked for at once. hashes: sorted."""

    def __init__(self, parts: Sequence[Hashes]) -> None:
        import numpy as np

        whole = np.concatenate(parts) if parts else np.empty(0, dtype=np.uint64)
        # 12 bytes a hash, and one or two for bits that say of nearly all others that they are none of these.
        self.order = whole.argsort(kind="stable").astype(np.uint32)
        self.hashes = whole[self.order]
        self._shift = np.uint64(64 - max(10, (8 * len(whole)).bit_length()))
        bits = np.zeros(1 << (64 - int(self._shift)), dtype=bool)
        bits[self._places(self.hashes)] = True
        self._bits = np.packbits(bits, bitorder="little")

    def among(self, hashes: Hashes) -> NDArray[np.intp]:
        """Where those of the set stand among some hashes."""
        import numpy as np

        places = self._places(hashes)
        bits = self._bits[places >> np.uint64(3)] >> (places & np.uint64(7)).astype(np.uint8)
        maybe: NDArray[np.intp] = (bits & np.uint8(1)).nonzero()[0]
        if not len(maybe):
            return maybe
        found = hashes[maybe]
        at = np.minimum(self.hashes.searchsorted(found), len(self.hashes) - 1)
        among: NDArray[np.intp] = maybe[self.hashes[at] == found]
        return among

    def _places(self, hashes: Hashes) -> Hashes:
        import numpy as np

        places: Hashes = (hashes * np.uint64(_SPREAD)) >> self._shift
        return places


class _Runs:
    """All runs of one length of some texts, each with its text and its place in it."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._names: list[str] = []
        self._sizes: list[int] = []
        self._parts: list[Hashes] = []

    def add(self, name: str, units: Hashes) -> None:
        self._names.append(name)
        self._sizes.append(len(units))
        self._parts.append(_Rolled(units).runs(self._length))

    def sealed(self) -> _Runs:
        import numpy as np

        self._starts = np.cumsum([0, *map(len, self._parts)])
        self._lengths = np.array(self._sizes, dtype=np.int64)
        self._known = _Known(self._parts)
        self._parts = []
        return self

    def covered(self, rolled: _Rolled, min_share: float) -> Iterator[tuple[str, float]]:
        """Each known text of which one stretch covers at least `min_share`, with that share."""
        import numpy as np

        runs = rolled.runs(self._length)
        among = self._known.among(runs)
        if not len(among):
            return
        hashes = self._known.hashes
        first, end = (hashes.searchsorted(runs[among], side=side) for side in ("left", "right"))
        count = end - first
        here = among.repeat(count)
        stands = self._known.order[np.arange(len(here)) + (first - (count.cumsum() - count)).repeat(count)]
        texts = self._starts.searchsorted(stands, side="right") - 1
        places = stands - self._starts[texts]
        order = texts.argsort(kind="stable")
        begins = np.flatnonzero(np.diff(texts[order], prepend=-1))
        counts, sizes = np.diff(begins, append=len(order)), self._lengths[texts[order[begins]]]
        enough = np.minimum(sizes, counts * self._length) >= min_share * sizes
        for begin, number in zip(begins[enough].tolist(), counts[enough].tolist(), strict=True):
            some = order[begin : begin + number]
            text = int(texts[some[0]])
            found = list(zip(here[some].tolist(), places[some].tolist(), strict=True))
            share = self._share(found, int(self._lengths[text]), min_share)
            if share >= min_share:
                yield self._names[text], share

    def _share(self, found: Sequence[tuple[int, int]], size: int, min_share: float) -> float:
        """The largest share of a text's units that the hits of one stretch cover, unless they surely are too few."""
        if min(size, len({place for _, place in found}) * self._length) < min_share * size:
            return 0.0
        return self._best_stretch(found, size)

    def _best_stretch(self, found: Sequence[tuple[int, int]], size: int) -> float:
        """The largest share of a text's units that the hits of one stretch cover; stretches overlap by two thirds."""
        stretches: dict[int, set[int]] = {}
        for here, place in found:
            first = here // size
            for stretch in range(max(0, first - 2), first + 1):
                stretches.setdefault(stretch, set()).add(place)
        return max(self._units_covered(places) for places in stretches.values()) / size

    def _units_covered(self, places: Iterable[int]) -> int:
        covered = reached = 0
        for place in sorted(places):
            covered += place + self._length - max(place, reached)
            reached = place + self._length
        return covered


def _said(text: str) -> Iterator[str]:
    """Normal forms of paragraphs, of lines, and of one to three sentences on end."""
    for paragraph in paragraphs(text):
        yield normal_form(paragraph)
        for line in paragraph.split("\n"):
            yield normal_form(line)
        sentences = [normal for one in _SENTENCE_END.split(paragraph) if (normal := normal_form(one))]
        for together in range(1, SENTENCES_TOGETHER + 1):
            for start in range(len(sentences) - together + 1):
                yield " ".join(sentences[start : start + together])


class _Normal(OfVocabulary):
    """Words in normal form: hashes of them, and their characters with a space after each."""

    def of(self, text: str) -> tuple[Hashes, Hashes]:
        """Of the words of a text, and of its characters, as `_of_words` and `_of_characters` have them."""
        import numpy as np

        parts = [(self._words.of(numbers), self._characters.of(numbers)) for numbers in self.pieces(text)]
        words, characters = parts[0] if len(parts) == 1 else map(np.concatenate, zip(*parts, strict=True))
        return words, characters[:-1].astype(np.uint64)

    def forget(self) -> None:
        self._words, self._characters = Lists("u8"), Lists("u4")

    def meet(self, words: Sequence[str]) -> None:
        normal = list(map(normal_form, words))
        self._words.extend([_of_words(one.split()).tolist() for one in normal])
        self._characters.extend([[*map(ord, one), 0x20] if one else [] for one in normal])


class _Rolled:
    """Hashes of all runs of any length of some numbers: polynomials modulo 2 ** 64, by differences of their sums.

    Source: Karp and Rabin (1987), Efficient randomized pattern-matching algorithms. Few numbers are held at a time beside
    the given ones, however many these are.
    """

    def __init__(self, units: Hashes) -> None:
        self._units = units
        self._sums = _summed(units) if len(units) <= _AT_ONCE else None

    def runs(self, length: int) -> Hashes:
        """One hash a run of so many, shape (n - length + 1,), or empty."""
        import numpy as np

        if self._sums is not None:
            return _differences(self._sums, length)
        starts = range(0, max(1, len(self._units) - length + 1), _AT_ONCE)
        return np.concatenate(
            [_differences(_summed(self._units[start : start + _AT_ONCE + length - 1]), length) for start in starts]
        )


def _summed(units: Hashes) -> Hashes:
    """Sums of the first numbers, each times a power, shape (n + 1,)."""
    import numpy as np

    sums = np.zeros(len(units) + 1, dtype=np.uint64)
    np.cumsum(units * _powers(len(units))[0], out=sums[1:])
    return sums


def _differences(sums: Hashes, length: int) -> Hashes:
    """From sums to runs: what stands between two sums, as if it began with the first power."""
    if len(sums) <= length:
        return sums[:0]
    runs: Hashes = (sums[length:] - sums[:-length]) * _powers(len(sums) - length)[1]
    return runs


def _powers(count: int) -> tuple[Hashes, Hashes]:
    """The first powers of the base, and of what it is multiplied by to give 1."""
    size = 1 << max(10, (count - 1).bit_length())
    powers, inverse = _all_powers(size)
    return powers[:count], inverse[:count]


@functools.lru_cache
def _all_powers(size: int) -> tuple[Hashes, Hashes]:
    import numpy as np

    found = []
    for base in (_BASE, pow(_BASE, -1, 1 << 64)):
        factors = np.full(size, base, dtype=np.uint64)
        factors[0] = 1
        found.append(np.cumprod(factors))
    return found[0], found[1]


_BASE = 0x9E3779B97F4A7C15
_SPREAD = 0xD6E8FEB86659FD93
_AT_ONCE = 1 << 16


def _of_words(units: Sequence[str]) -> Hashes:
    """Hashes of this process alone."""
    import numpy as np

    return np.fromiter(map(hash, units), dtype=np.int64, count=len(units)).view(np.uint64)


def _of_characters(normal: str) -> Hashes:
    import numpy as np

    return np.frombuffer(normal.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)
