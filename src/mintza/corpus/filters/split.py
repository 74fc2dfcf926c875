"""The split: whole clusters are set aside as held-out, by a hash, so that no near copy crosses and none moves later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence

import msgspec

from mintza.records import Document, Verdict


class SplitByCluster:
    """Sets aside the clusters whose hash falls below the share; the other clusters do not matter.

    A cluster with a document of a held-out source is held-out as a whole. Where the hash would leave either side empty,
    the cluster nearest to the limit changes sides, so that two clusters are enough for both.
    """

    def __init__(self, share: float, seed: int) -> None:
        self._share = share
        self._seed = seed

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        declared = {document.cluster for document in documents if document.split == "held-out"}
        drawn = {one.cluster: self._draw(one.cluster) for one in documents if one.cluster not in declared}
        held_out = declared | self._chosen(drawn)
        for document in documents:
            yield msgspec.structs.replace(document, split="held-out" if document.cluster in held_out else "train")

    def _chosen(self, drawn: dict[str, float]) -> set[str]:
        chosen = {cluster for cluster, value in drawn.items() if value < self._share}
        order = sorted(drawn, key=lambda cluster: (drawn[cluster], cluster))
        if len(order) > 1 and not chosen and self._share > 0:
            return {order[0]}
        if len(order) > 1 and len(chosen) == len(order) and self._share < 1:
            return set(order[:-1])
        return chosen

    def _draw(self, cluster: str) -> float:
        """A number from 0 to 1 that depends on the seed and the cluster alone."""
        digest = hashlib.sha256(f"{self._seed}:{cluster}".encode()).digest()
        return int.from_bytes(digest[:8], "big") / 2**64
