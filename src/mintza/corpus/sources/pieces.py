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


Piece = Row | Passed | Broken


class Format(NamedTuple):
    """How files of a kind are read.

    read: the pieces of a file, in their order; raises DamagedFile where the rest of the file cannot be read.
    libraries: packages that bear on what comes out; the first is named in the provenance, after `done`.
    """

    read: Callable[[Path], Iterator[Piece]]
    libraries: tuple[str, ...] = ()
    done: str | None = None


Formats = Mapping[str, Format]
