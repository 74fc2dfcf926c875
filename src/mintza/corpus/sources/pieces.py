"""What a format finds in a file: texts, what is no document on purpose, and what is broken."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from mintza.corpus.sources.unpacking import DamagedFile
from mintza.records import Unit


class Row(NamedTuple):
    """A text. key: what its id ends in, empty for the file itself.  line: where it stands.  url: its own address, if any."""

    key: str
    text: str
    line: int | None = None
    url: str | None = None


class Passed(NamedTuple):
    """What is no document, or no paragraph of one, and why. The reason is the same for the same cause."""

    key: str
    reason: str
    excerpt: str = ""
    unit: Unit = "document"


class Broken(NamedTuple):
    """What cannot be used, while what comes after it can."""

    key: str
    damage: DamagedFile


class Raw(NamedTuple):
    """A text that has yet to be taken out of what was read: the costly part, which any process can do, in any order.

    key, url: as of a Row.  content: what the format's `finish` takes.
    """

    key: str
    content: Content
    url: str | None = None


Content = tuple[bytes | str, ...]
Piece = Row | Passed | Broken | Raw


class Format(NamedTuple):
    """How files of a kind are read.

    read: the pieces of a file, in their order; raises DamagedFile where the rest of the file cannot be read.
    libraries: packages that bear on what comes out; the first is named in the provenance, after `done`.
    finish: what a Raw piece comes to, a Row or Passed; raises DamagedFile. None where a file has no such pieces.
    """

    read: Callable[[Path], Iterator[Piece]]
    libraries: tuple[str, ...] = ()
    done: str | None = None
    finish: Callable[[Content], Piece] | None = None


class Unread(NamedTuple):
    """A Raw piece with its place: a document, or a verdict, once its source has finished it.

    source: name.  id: of the document.  url: its own address.  path, name: of the file.  key: as of the piece.
    """

    source: str
    id: str
    url: str | None
    path: Path
    name: str
    key: str
    content: Content

    @property
    def size(self) -> int:
        """Characters or bytes of its content."""
        return sum(map(len, self.content))


Formats = Mapping[str, Format]
