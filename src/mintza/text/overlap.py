"""What of some texts (the items of exams) stands in others: coverage by shared runs of words and of characters."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from mintza.text.normal import normal_form, paragraphs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

WORD_RUN = 5
CHARACTER_RUN = 24
FEW_WORDS = 8
SENTENCES_TOGETHER = 3
# `;` is the question mark after a Greek letter.
_SENTENCE_END = re.compile(r"(?:(?<=[.!?…։؟。！？।۔።។])|(?<=[\u0370-\u03ff\u1f00-\u1fff];))[\"”’')\]»]*\s+|\n+")


class Shared(NamedTuple):
    """name: of the text that is held.  share: of its words or characters, the larger, that lie in runs held too."""

    name: str
    share: float


class Index:
    """Runs of known texts, to be looked for in others.

    texts: (name, text); several may have one name. A text is compared in normal form: by the runs of 5 words and of 24
    characters that it shares within one stretch of the other, no longer than two to three times itself. A text of under 8
    words is held where one to three sentences on end, a line or a paragraph have the same normal form. In scripts without
    spaces only characters are compared.
    """

    def __init__(self, texts: Iterable[tuple[str, str]]) -> None:
        self._short: dict[str, str] = {}
        words, characters = _Runs(WORD_RUN), _Runs(CHARACTER_RUN)
        for name, text in texts:
            normal = normal_form(text)
            units = normal.split()
            spaceless = len(normal) > 30 * len(units) and len(normal) > CHARACTER_RUN
            if normal and len(units) < FEW_WORDS and not spaceless:
                self._short.setdefault(normal, name)
            elif normal:
                characters.add(name, _of_characters(normal))
                if not spaceless:
                    words.add(name, _of_words(units))
        self._runs = [(runs.sealed(), of) for runs, of in ((words, _word_hashes), (characters, _of_characters))]

    def held(self, text: str, *, min_share: float) -> list[Shared]:
        """The known texts of which at least `min_share` is in the text: by name, each name once with its largest share."""
        largest: dict[str, float] = {}
        normal = normal_form(text)
        for runs, hashes_of in self._runs:
            for name, share in runs.covered(hashes_of(normal), min_share):
                largest[name] = max(share, largest.get(name, 0.0))
        if self._short:
            for said in _said(text):
                if said in self._short:
                    largest[self._short[said]] = 1.0
        return [Shared(name, largest[name]) for name in sorted(largest)]


class _Runs:
    """Hashes of all runs of one length, each with the texts and places where it stands."""

    def __init__(self, length: int) -> None:
        self._length = length
        self._sizes: list[tuple[str, int]] = []
        self._places: dict[int, list[tuple[int, int]]] = {}
        self._sorted: Hashes | None = None

    def add(self, name: str, units: Hashes) -> None:
        for place, run in enumerate(_run_hashes(units, self._length).tolist()):
            self._places.setdefault(run, []).append((len(self._sizes), place))
        self._sizes.append((name, len(units)))

    def sealed(self) -> _Runs:
        import numpy as np

        self._sorted = np.array(sorted(self._places), dtype=np.uint64)
        return self

    def covered(self, units: Hashes, min_share: float) -> Iterator[tuple[str, float]]:
        """Each known text of which one stretch covers at least `min_share`, with that share."""
        import numpy as np

        if self._sorted is None or not len(self._sorted):
            return
        runs = _run_hashes(units, self._length)
        at = np.minimum(np.searchsorted(self._sorted, runs), len(self._sorted) - 1)
        hits: dict[int, list[tuple[int, int]]] = {}
        for here in np.flatnonzero(self._sorted[at] == runs).tolist():
            for text, place in self._places[int(runs[here])]:
                hits.setdefault(text, []).append((here, place))
        for text, found in hits.items():
            name, size = self._sizes[text]
            if min(size, len({place for _, place in found}) * self._length) >= min_share * size:
                share = self._best_stretch(found, size)
                if share >= min_share:
                    yield name, share

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


def _word_hashes(normal: str) -> Hashes:
    return _of_words(normal.split())


def _of_words(units: Sequence[str]) -> Hashes:
    import numpy as np
    import xxhash

    hashes = [xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass")) for word in units]
    return np.array(hashes, dtype=np.uint64)


def _of_characters(normal: str) -> Hashes:
    import numpy as np

    return np.frombuffer(normal.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64)


def _run_hashes(units: Hashes, length: int) -> Hashes:
    """One hash a run of `length` units, shape (n - length + 1,), or empty; runs are put together by doubling."""
    import numpy as np

    if len(units) < length:
        return np.empty(0, dtype=np.uint64)
    doubled, size, whole, done = _mixed(units), 1, None, 0
    while size <= length:
        if length & size:
            count = len(units) - length + 1
            part = doubled[done : done + count]
            whole = part if whole is None else _mixed(whole * np.uint64(3) + part)
            done += size
        doubled = _mixed(doubled[:-size] * np.uint64(3) + doubled[size:]) if len(doubled) > size else doubled
        size *= 2
    assert whole is not None
    return whole


def _mixed(values: Hashes) -> Hashes:
    """Each value scrambled one to one (the finaliser of SplitMix64)."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))
