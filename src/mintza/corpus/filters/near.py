"""Filter `near`: documents that are near copies form a cluster; one of each stays, or all with the cluster's name."""

from __future__ import annotations

from mintza.records import Document, Verdict
from mintza.text.verdicts import KEPT_INSTEAD, dropped

STEP = "near"


def verdict(document: Document, kept: str, similarity: float, threshold: float) -> Verdict:
    """On a near copy. kept: id of the one that stays, the first of its cluster.

    similarity: to that one; below the threshold where others of the cluster lie between them.
    """
    return dropped(
        document.id,
        STEP,
        "near copy of another",
        unit="document",
        value=round(similarity, 4),
        threshold=threshold,
        excerpt=f"{KEPT_INSTEAD}{kept} | {document.text}",
    )
