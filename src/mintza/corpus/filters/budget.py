"""Filter `budget`: of a source with a budget of words or tokens, or a weight beside other sources, so much stays and no more."""

from __future__ import annotations

import hashlib
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from mintza.corpus.source_settings import BudgetSettings, SourceSettings
from mintza.records import Document, Verdict
from mintza.text.verdicts import dropped

STEP = "budget"
# Tokens of each of some texts.
Counts = Callable[[Sequence[str]], Sequence[int]]


class Size(NamedTuple):
    """What a choice rests on. source: its name.  words: between white space.  tokens: where the source's budget is of them."""

    id: str
    source: str
    words: int
    tokens: int = 0


class Beyond(NamedTuple):
    """Why a document goes. size: of the document.  allowed: what its source may give.  why: the same for all that go for it."""

    size: int
    allowed: int
    why: str


def verdict(document: Document, beyond: Beyond) -> Verdict:
    """On a document beyond what its source may give."""
    return dropped(
        document.id,
        STEP,
        beyond.why,
        unit="document",
        value=beyond.size,
        threshold=beyond.allowed,
        excerpt=document.text,
    )


class Budget:
    """Takes the documents of a source by a hash of seed and id while they fit; the order of the files does not matter.

    A document that does not fit is passed over for a smaller one. Of what the budgets leave, sources with a weight are brought to
    the proportion of their weights, in words: the one that has least for its weight stays whole.
    """

    def __init__(self, sources: Sequence[SourceSettings], seed: int) -> None:
        self._budgets = {one.name: one.budget for one in sources if one.budget is not None}
        self._weights = {one.name: one.weight for one in sources if one.weight is not None}
        self._seed = seed

    @property
    def asked(self) -> bool:
        """Whether any source has a budget or a weight."""
        return bool(self._budgets or self._weights)

    def in_tokens(self, source: str) -> bool:
        """Whether a source's budget is of tokens, so that those of its documents must be counted."""
        budget = self._budgets.get(source)
        return budget is not None and budget.tokens is not None

    def beyond(self, sizes: Iterable[Size]) -> dict[str, Beyond]:
        """Ids of the documents that go, each with why."""
        left: dict[str, list[Size]] = defaultdict(list)
        for size in sizes:
            if size.source in self._budgets or size.source in self._weights:
                left[size.source].append(size)
        gone: dict[str, Beyond] = {}
        for name in sorted(left):
            if name in self._budgets:
                gone |= self._beyond_budget(self._budgets[name], left[name])
                left[name] = [size for size in left[name] if size.id not in gone]
        shares = self.shares({name: sum(size.words for size in found) for name, found in left.items()})
        for name, share in shares.items():
            for size in self._left_out(left[name], share, _words):
                gone[size.id] = Beyond(size.words, share, "beyond the source's weight beside the others")
        return gone

    def shares(self, total: Mapping[str, int]) -> dict[str, int]:
        """Words that each source with a weight may give. total: source -> the words that it has."""
        weighed = {name: weight for name, weight in sorted(self._weights.items()) if name in total}
        unit = min((total[name] / weight for name, weight in weighed.items()), default=0.0)
        return {name: min(total[name], math.floor(unit * weight + 1e-6)) for name, weight in weighed.items()}

    def _beyond_budget(self, budget: BudgetSettings, sizes: Sequence[Size]) -> dict[str, Beyond]:
        unit, measure, allowed = "words", _words, budget.words or 0
        if budget.tokens is not None:
            unit, measure, allowed = "tokens", _tokens, budget.tokens
        why = f"beyond the source's budget of {unit}"
        return {size.id: Beyond(measure(size), allowed, why) for size in self._left_out(sizes, allowed, measure)}

    def _left_out(self, sizes: Sequence[Size], allowed: int, measure: Callable[[Size], int]) -> Iterator[Size]:
        taken = 0
        for size in sorted(sizes, key=lambda size: (self._draw(size.id), size.id)):
            if taken + measure(size) <= allowed:
                taken += measure(size)
            else:
                yield size

    def _draw(self, name: str) -> bytes:
        return hashlib.sha256(f"{STEP}:{self._seed}:{name}".encode()).digest()


def _words(size: Size) -> int:
    return size.words


def _tokens(size: Size) -> int:
    return size.tokens
