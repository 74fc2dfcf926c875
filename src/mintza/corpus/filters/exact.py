"""Filter `exact`: of documents whose normal form is the same, the first stays: case, punctuation and spaces make no difference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintza.records import Document, Verdict
from mintza.text.verdicts import KEPT_INSTEAD, dropped

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = "exact"


def first_of_each(high: NDArray[np.uint64], low: NDArray[np.uint64]) -> NDArray[np.uint32]:
    """For each document the first with the same hash of 128 bits, shape (n,); its own index when it is the first."""
    import numpy as np

    order = np.lexsort((low, high)).astype(np.uint32)
    new = np.ones(len(order), dtype=bool)
    for key in (high, low):
        ordered = key[order]
        same = ordered[1:] == ordered[:-1]
        new[1:] = ~same if key is high else new[1:] | ~same
    starts = np.maximum.accumulate(np.where(new, np.arange(len(order), dtype=np.uint32), np.uint32(0)))
    first = np.empty(len(order), dtype=np.uint32)
    first[order] = order[starts]
    return first


def verdict(document: Document, kept: str) -> Verdict:
    """On a document whose text another one has. kept: id of that one."""
    excerpt = f"{KEPT_INSTEAD}{kept} | {document.text}"
    return dropped(document.id, STEP, "same text as another", unit="document", excerpt=excerpt)
