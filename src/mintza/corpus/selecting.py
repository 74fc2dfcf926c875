"""What is decided by looking at all documents, with some numbers a document in memory and the texts on disk."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from mintza.corpus import forgetting
from mintza.corpus.chain import place_of
from mintza.corpus.filters import budget, exact, near
from mintza.corpus.filters.split import held_out
from mintza.corpus.merging import Run, merged, write_run
from mintza.corpus.settings import CorpusSettings
from mintza.corpus.shards import DRAW, EXACT_HIGH, EXACT_LOW, WORDS, Shards
from mintza.records import Document, Verdict
from mintza.text.duplicates import bands_and_rows, clusters, jaccard
from mintza.text.verdicts import dropped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ranks = NDArray[np.uint32]
    Mask = NDArray[np.bool_]

AT_ONCE = 1 << 14  # documents, whose numbers are looked up together
TOGETHER = 1_000_000  # characters whose tokens are counted together


class Selection:
    """Which documents stay, on which side, and why the others go.

    A document's rank says where two are alike which of them stays: those that were taken down first, so that each copy
    names them; then those of held-out sources, since what is measured on must not be lost to what is trained on; then by id.
    aside: documents that were taken down; they are the first ones of the shards.  early: documents of held-out sources.
    counts: source -> who counts the tokens of its budget.
    """

    def __init__(
        self,
        shards: Shards,
        settings: CorpusSettings,
        *,
        aside: int,
        early: int,
        seed: int,
        folder: Path,
        counts: Mapping[str, budget.Counts] | None = None,
    ) -> None:
        self._shards = shards
        self._settings = settings
        self._aside = aside
        self._early = early
        self._folder = folder
        self._counts = counts or {}
        self._bands = 1 + bands_and_rows(settings.filters.near.threshold)[0]
        self._order = self._ordered()
        self._first = self._exact()
        self._cluster = self._clusters()
        ranks = np.arange(len(shards), dtype=np.uint32)
        self._gone = self._cluster < aside
        stays = self._first == ranks if settings.filters.near.keep == "all" else self._cluster == ranks
        self._kept: Mask = stays & ~self._gone
        self._beyond = self._within_budgets(budget.Budget(settings.sources, seed))
        self._held_out = self._split()

    def documents(self) -> Iterator[Document]:
        """The documents that stay, by id, with their cluster and side."""
        runs = (self._finished(self._ranks(self._kept, late)) for late in (False, True))
        yield from heapq.merge(*runs, key=lambda document: document.id)

    def verdicts(self, requested: Iterable[str]) -> Iterator[Verdict]:
        """All verdicts, by step and id. requested: ids of the documents that were taken down; nothing else is said of them."""
        runs: list[Run[Verdict]] = [*self._shards.verdicts()[1:]]
        steps: tuple[tuple[str, Callable[[int], Verdict], Mask], ...] = (
            ("exact", self._on_copy, self._copies() & ~self._gone),
            ("near", self._on_near_copy, self._near_copies() & ~self._gone),
            ("budget", self._on_beyond, self._mask(self._beyond)),
            ("alike", self._on_alike, self._gone),
        )
        for name, verdict_on, mask in steps:
            for late in (False, True):
                path = self._folder / f"{name}-{late:d}.run"
                runs.append(write_run(path, map(verdict_on, self._ranks(mask, late).tolist())))
        itself = [dropped(name, forgetting.STEP, forgetting.ITSELF, unit="document") for name in sorted(requested)]
        runs.append(write_run(self._folder / "requested.run", itself))
        unsaid = {verdict.record_id for verdict in itself} | {self._id(rank) for rank in self._all(self._gone)}
        for verdict in merged(runs, key=place_of, folder=self._folder):
            if verdict.step == forgetting.STEP or verdict.record_id not in unsaid:
                yield verdict

    def any_in(self, language: str | None) -> bool:
        """Whether a document stays; in the language, when one is named."""
        return any(language in (None, self._document(rank).language) for rank in self._all(self._kept))

    def causes(self) -> Counter[tuple[str, str, str]]:
        """How many documents went here, by step, unit and reason."""
        counted = {
            (exact.STEP, "document", "same text as another"): self._copies(),
            (near.STEP, "document", "near copy of another"): self._near_copies(),
            (forgetting.STEP, "document", forgetting.ALIKE): self._gone,
        }
        found = Counter({cause: sum(1 for _ in self._all(mask)) for cause, mask in counted.items()})
        found.update((verdict.step, verdict.unit, verdict.reason) for verdict in map(self._on_beyond, self._beyond))
        return +found

    def _ordered(self) -> Ranks:
        """rank -> the document's number in the shards."""
        runs = self._shards.orders()[1:]
        rest = merged(runs, key=lambda entry: (entry.late, entry.id), folder=self._folder)
        count = len(self._shards) - self._aside
        places = np.fromiter((entry.place for entry in rest), dtype=np.uint32, count=count)
        return np.concatenate((np.arange(self._aside, dtype=np.uint32), places))

    def _exact(self) -> Ranks:
        """rank -> rank of the first document with the same text."""
        if self._settings.filters.exact is None:
            return np.arange(len(self._shards), dtype=np.uint32)
        high, low = (self._shards.column(column)[self._order] for column in (EXACT_HIGH, EXACT_LOW))
        return exact.first_of_each(high, low)

    def _clusters(self) -> Ranks:
        """rank -> rank of the first document of its cluster; of a copy, that of the document whose copy it is."""
        left = np.flatnonzero(self._first == np.arange(len(self._first), dtype=np.uint32)).astype(np.uint32)
        places = self._order[left]
        found = clusters(
            len(left),
            (self._shards.band(band)[places] for band in range(self._bands)),
            lambda index: self._shards.shingles(int(places[index]), self._bands),
            threshold=self._settings.filters.near.threshold,
        )
        cluster = np.empty(len(self._first), dtype=np.uint32)
        cluster[left] = left[found]
        return cluster[self._first]

    def _within_budgets(self, budgets: budget.Budget) -> dict[int, budget.Beyond]:
        """rank -> why it goes, of documents that their source's budget or weight leaves out; they are kept no longer."""
        if not budgets.asked:
            return {}
        words = self._shards.column(WORDS)
        ranks = list(self._all(self._kept))
        names: list[str] = []

        def sizes() -> Iterator[budget.Size]:
            counted = self._counted(map(self._document, ranks))
            for rank, (document, tokens) in zip(ranks, counted, strict=True):
                names.append(document.id)
                yield budget.Size(document.id, document.provenance.source, int(words[self._order[rank]]), tokens)

        beyond = budgets.beyond(sizes())
        found = {rank: beyond[name] for rank, name in zip(ranks, names, strict=True) if name in beyond}
        self._kept &= ~self._mask(found)
        return found

    def _counted(self, documents: Iterable[Document]) -> Iterator[tuple[Document, int]]:
        """Documents with their tokens, 0 where nobody counts them; some are held at a time, since tokenizers take many at once."""
        some: list[Document] = []
        size = 0
        for document in documents:
            some.append(document)
            size += len(document.text)
            if size >= TOGETHER:
                yield from zip(some, self._tokens(some), strict=True)
                some, size = [], 0
        yield from zip(some, self._tokens(some), strict=True)

    def _tokens(self, documents: Sequence[Document]) -> list[int]:
        found = [0] * len(documents)
        for source, count in self._counts.items():
            places = [at for at, one in enumerate(documents) if one.provenance.source == source]
            tokens = count([documents[at].text for at in places]) if places else []
            for at, number in zip(places, tokens, strict=True):
                found[at] = number
        return found

    def _split(self) -> Mask:
        """rank of the first of a cluster -> whether the cluster is held-out."""
        declared = np.zeros(len(self._order), dtype=bool)
        early = self._kept.copy()
        early[self._aside + self._early :] = False
        declared[self._cluster[early]] = True
        every = np.unique(self._cluster[self._kept])
        draws = self._shards.column(DRAW)[self._order[every]]
        side = np.zeros(len(self._order), dtype=bool)
        side[every] = held_out(draws, declared[every], self._settings.held_out_share)
        return side

    def _finished(self, ranks: Ranks) -> Iterator[Document]:
        for start in range(0, len(ranks), AT_ONCE):
            some = ranks[start : start + AT_ONCE]
            firsts = self._cluster[some]
            sides = self._held_out[firsts].tolist()
            read = self._shards.documents(self._order[some])
            for document, rank, first, aside in zip(read, some.tolist(), firsts.tolist(), sides, strict=True):
                yield msgspec.structs.replace(
                    document,
                    cluster=document.id if first == rank else self._id(first),
                    split="held-out" if aside else "train",
                )

    def _on_copy(self, rank: int) -> Verdict:
        return exact.verdict(self._document(rank), self._id(int(self._first[rank])))

    def _on_near_copy(self, rank: int) -> Verdict:
        first = int(self._cluster[rank])
        one, other = (self._shards.shingles(int(self._order[at]), self._bands) for at in (rank, first))
        threshold = self._settings.filters.near.threshold
        return near.verdict(self._document(rank), self._id(first), jaccard(one, other), threshold)

    def _on_beyond(self, rank: int) -> Verdict:
        return budget.verdict(self._document(rank), self._beyond[rank])

    def _on_alike(self, rank: int) -> Verdict:
        return dropped(self._id(rank), forgetting.STEP, forgetting.ALIKE, unit="document")

    def _copies(self) -> Mask:
        copies: Mask = self._first != np.arange(len(self._first), dtype=np.uint32)
        return copies

    def _near_copies(self) -> Mask:
        if self._settings.filters.near.keep == "all":
            return np.zeros(len(self._first), dtype=bool)
        near_copies: Mask = ~self._copies() & (self._cluster != np.arange(len(self._first), dtype=np.uint32))
        return near_copies

    def _mask(self, ranks: Iterable[int]) -> Mask:
        mask = np.zeros(len(self._order), dtype=bool)
        mask[list(ranks)] = True
        return mask

    def _all(self, mask: Mask) -> Iterator[int]:
        """Ranks of the mask, without those that were taken down."""
        return map(int, np.flatnonzero(mask[self._aside :]) + self._aside)

    def _ranks(self, mask: Mask, late: bool) -> Ranks:
        """Ranks of the mask among the documents of held-out sources, or of the others; both lie in the order of their ids."""
        limit = self._aside + self._early
        begin, end = (limit, len(mask)) if late else (self._aside, limit)
        return (np.flatnonzero(mask[begin:end]) + begin).astype(np.uint32)

    def _document(self, rank: int) -> Document:
        return self._shards.document(int(self._order[rank]))

    def _id(self, rank: int) -> str:
        return self._document(rank).id
