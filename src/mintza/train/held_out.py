"""What is set apart to measure loss on, and never learned from."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nsmallest

import xxhash

from mintza.records import Conversation, Document


def root(record: Document | Conversation) -> str:
    """The id of what a record was made of: a translation and its original have one root."""
    return (record.parent_id or record.id) if isinstance(record, Conversation) else record.id


def set_apart(records: Iterable[Document | Conversation], count: int) -> frozenset[str]:
    """Roots of `count` records, or of all if there are fewer: those whose roots have the least hashes.

    So every mixture and seed sets the same ones apart, and a record that is added or dropped changes one of them at most.
    """
    roots = {root(record) for record in records}
    return frozenset(nsmallest(count, roots, key=lambda name: (xxhash.xxh3_64_intdigest(name.encode()), name)))
