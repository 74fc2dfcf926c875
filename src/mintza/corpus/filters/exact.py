"""Filter `exact`: of documents whose normal form is the same, the first stays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mintza.records import Document, Verdict
from mintza.text.duplicates import exact_key
from mintza.text.verdicts import dropped

STEP = "exact"


class Exact:
    """Compares 128-bit hashes of normal forms: case, punctuation and spaces make no difference."""

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        kept: dict[str, str] = {}
        for document in documents:
            first = kept.setdefault(exact_key(document.text), document.id)
            if first == document.id:
                yield document
            else:
                yield dropped(
                    document.id,
                    STEP,
                    "same text as another",
                    unit="document",
                    excerpt=f"kept: {first} | {document.text}",
                )
