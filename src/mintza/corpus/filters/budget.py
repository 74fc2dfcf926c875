"""Filter `budget`: of a source with a budget of words, or a weight beside other sources, so much stays and no more."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mintza.corpus.source_settings import SourceSettings
from mintza.records import Document, Verdict
from mintza.text.unspaced import count_words
from mintza.text.verdicts import dropped

STEP = "budget"


class Size(NamedTuple):
    """What a choice rests on. source: its name.  words: between white space."""

    id: str
    source: str
    words: int


class Allowed(NamedTuple):
    """Words that a source may give. why: a reason, the same for each document that goes."""

    words: int
    why: str


def verdict(document: Document, allowed: Allowed) -> Verdict:
    """On a document beyond what its source may give."""
    return dropped(
        document.id,
        STEP,
        allowed.why,
        unit="document",
        value=count_words(document.text),
        threshold=allowed.words,
        excerpt=document.text,
    )


class Budget:
    """Takes the documents of a source by a hash of seed and id while they fit; the order of the files does not matter.

    A document that does not fit is passed over for a smaller one. Sources with a weight are brought to the proportion of
    their weights: the one that has least for its weight stays whole.
    """

    def __init__(self, sources: Sequence[SourceSettings], seed: int) -> None:
        self._sources = sources
        self._seed = seed

    @property
    def asked(self) -> bool:
        """Whether any source has a budget or a weight."""
        return any(source.words is not None or source.weight is not None for source in self._sources)

    def beyond(self, sizes: Iterable[Size]) -> dict[str, Allowed]:
        """Ids of the documents that go, with what their source may give."""
        limited = {one.name for one in self._sources if one.words is not None or one.weight is not None}
        by_source: dict[str, list[Size]] = defaultdict(list)
        for size in sizes:
            if size.source in limited:
                by_source[size.source].append(size)
        allowed = self.allowed({name: sum(one.words for one in found) for name, found in by_source.items()})
        return {
            size.id: allowed[name]
            for name in sorted(by_source)
            for size in self._left_out(by_source[name], allowed[name])
        }

    def allowed(self, total: Mapping[str, int]) -> dict[str, Allowed]:
        """What each source with a budget or a weight may give. total: source -> the words that it has."""
        found = {}
        weighed = {}
        for source in self._sources:
            if source.name not in total:
                continue
            has = total[source.name] if source.words is None else min(source.words, total[source.name])
            found[source.name] = Allowed(has, "beyond the source's budget of words")
            if source.weight is not None:
                weighed[source.name] = source.weight
        unit = min((found[name].words / weight for name, weight in weighed.items()), default=0.0)
        for name, weight in weighed.items():
            share = math.floor(unit * weight + 1e-6)
            if share < found[name].words:
                found[name] = Allowed(share, "beyond the source's weight beside the others")
        return found

    def _left_out(self, sizes: list[Size], allowed: Allowed) -> Iterator[Size]:
        taken = 0
        for size in sorted(sizes, key=lambda size: (self._draw(size.id), size.id)):
            if taken + size.words <= allowed.words:
                taken += size.words
            else:
                yield size

    def _draw(self, name: str) -> bytes:
        return hashlib.sha256(f"{STEP}:{self._seed}:{name}".encode()).digest()
