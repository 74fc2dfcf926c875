"""How far reading is: bytes of files as they lie on the disk, counted where they come in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_listening: ContextVar[Meter | None] = ContextVar("meter of the corpus", default=None)


@dataclass
class Meter:
    """total: bytes of all files, None where nobody knows.  done: of those that were read."""

    total: int | None = None
    done: int = 0

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Whoever reads within counts here. Formats do not hand it down: what they give does not depend on it."""
        before = _listening.get()
        _listening.set(self)
        try:
            yield
        finally:
            _listening.set(before)

    @contextmanager
    def all_of(self, size: int | None) -> Iterator[None]:
        """What is read within comes to so many bytes, however they were read (by a library, twice, or only in part)."""
        before = self.done
        yield
        self.done = before + (size or 0)

    def said(self, documents: int, source: str) -> tuple[int, int | None, str]:
        """Done, total and a note, as progress is told: in MB or kB of files, in documents where nobody knows how much there is."""
        if self.total is None:
            return documents, None, f"documents read, {source}"
        unit, name = (1_000_000, "MB") if self.total >= 10_000_000 else (1000, "kB")
        total = -(-self.total // unit)
        return min(self.done // unit, total), total, f"{name} read, {documents:,} documents, {source}"


def count(size: int) -> None:
    """So many bytes of a file came in."""
    if (meter := _listening.get()) is not None:
        meter.done += size


@contextmanager
def all_of_file(size: int) -> Iterator[None]:
    """A file is read within, or what of it can be."""
    if (meter := _listening.get()) is None:
        yield
        return
    with meter.all_of(size):
        yield
