"""The three shapes of a filter: judge a document, edit it, or select among many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, Protocol

from mintza.records import Document, Verdict


class Edited(NamedTuple):
    """document: what is left of it, None when it goes.  verdicts: on what went, paragraph by paragraph or whole."""

    document: Document | None
    verdicts: tuple[Verdict, ...] = ()


class Judge(Protocol):
    """Keeps a document or drops it."""

    def judge(self, document: Document) -> Verdict:
        """The verdict, with the value that was measured and the limit."""
        ...


class Edit(Protocol):
    """Changes a document, or takes parts out of it."""

    def edit(self, document: Document) -> Edited:
        """The document as it is afterwards, and what went."""
        ...


class Judging:
    """An Edit made of a Judge: all of the document, or nothing."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def edit(self, document: Document) -> Edited:
        verdict = self._judge.judge(document)
        return Edited(document) if verdict.kept else Edited(None, (verdict,))


class Select(Protocol):
    """Chooses among documents. The first of a group stays: they come in the order in which they are preferred."""

    def select(self, documents: Sequence[Document]) -> Iterator[Document | Verdict]:
        """The documents that stay, in the same order, and a verdict on each that goes."""
        ...
