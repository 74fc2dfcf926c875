"""Filter `near`: documents that are near copies form a cluster; one of each stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from mintza.corpus.settings import NearFilterSettings
from mintza.records import Document, Verdict
from mintza.text.duplicates import near_duplicate_clusters, similarity
from mintza.text.verdicts import dropped

STEP = "near"


class Near:
    """Names the cluster of each document after its first member, which stays."""

    def __init__(self, settings: NearFilterSettings) -> None:
        self._settings = settings

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        clusters = near_duplicate_clusters(
            [document.text for document in documents],
            threshold=self._settings.threshold,
            shingle=self._settings.shingle,
        )
        for index, document in enumerate(documents):
            first = documents[clusters[index]]
            if clusters[index] == index or self._settings.keep == "all":
                yield msgspec.structs.replace(document, cluster=first.id)
            else:
                yield self._verdict(document, first)

    def _verdict(self, document: Document, first: Document) -> Verdict:
        """The similarity is to the one that stays: below the threshold where others of the cluster lie between them."""
        return dropped(
            document.id,
            STEP,
            "near copy of another",
            unit="document",
            value=round(similarity(document.text, first.text, shingle=self._settings.shingle), 4),
            threshold=self._settings.threshold,
            excerpt=f"kept: {first.id} | {document.text}",
        )
