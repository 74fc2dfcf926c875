"""What a source can do: say whether it is there and what is in it, and give its documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from mintza.contents import Memo
from mintza.corpus.source_settings import OnBadInput
from mintza.corpus.sources.pieces import Unread
from mintza.records import Document, Verdict

ABSENT = "absent"


class OpenSource(Protocol):
    """A place that documents come from. A source that is missing and not optional raises BadInput in any call."""

    def present(self) -> bool:
        """Whether it is there; files are listed, not read. Raises BadInput when it is not there and not optional."""
        ...

    def size(self) -> int | None:
        """Bytes of the files that are read, as they lie on the disk; 0 where there is none, None where nobody knows."""
        ...

    def fingerprint(self, memo: Memo | None = None) -> str:
        """sha256 over sorted relative names and contents, or `absent` for an optional source that is not there.

        memo: keeps that of files that nobody has changed since.
        """
        ...

    def documents(self, on_bad: OnBadInput) -> Iterator[Document | Verdict]:
        """Each text as it stands in the source, in the order of names, and a verdict for what cannot be read.

        The language is the declared one and the cluster is the document's own id, until filters say otherwise. Raises
        BadInput for what is broken when `on_bad` is `refuse`, and always when two texts have the same id.
        """
        ...

    def unread(self, on_bad: OnBadInput) -> Iterator[Document | Verdict | Unread]:
        """The same, with what is costly left for later, where a source has such."""
        ...

    def finished(self, unread: Unread, on_bad: OnBadInput) -> Document | Verdict:
        """What this source left for later; any process can do it."""
        ...
