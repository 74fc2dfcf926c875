"""Bytes of a file, plain or compressed, as text; what is damaged says where and how."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from mintza.corpus.source_settings import ReadingLimits
from mintza.corpus.sources.meter import count
from mintza.corpus.sources.unpacking import AT_ONCE, PACKED, DamagedFile, unpacked

BOM = b"\xef\xbb\xbf"
TOO_LARGE = "larger than a document may be"
# As editors for Windows save text; who knows better names another character set.
_CONVERT = "write it again in UTF-8 (`iconv -f {} -t UTF-8 OLD > NEW`)"


def too_large(limits: ReadingLimits, *, line: int | None = None) -> DamagedFile:
    """What is said of a document, line or field beyond the limit."""
    return DamagedFile(TOO_LARGE, detail=f"over {limits.document_bytes:,} bytes (limits.document_bytes)", line=line)


def not_utf8(detail: str, *, line: int | None = None) -> DamagedFile:
    """What is said of bytes that are no UTF-8."""
    return DamagedFile("not UTF-8", detail=detail, line=line, remedy=_CONVERT.format("WINDOWS-1252"))


def _check_width(start: bytes) -> None:
    """Raise DamagedFile for bytes that begin as UTF-16 does."""
    if start.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DamagedFile("in UTF-16, not UTF-8", remedy=_CONVERT.format("UTF-16"))


def whole_text(path: Path, limits: ReadingLimits) -> str:
    """The text of a file. Raises DamagedFile when it cannot be opened, unpacked, is too large or is not UTF-8 text."""
    data = whole_bytes(path, limits)
    _check_width(data)
    if b"\0" in data:
        raise DamagedFile("binary, not text", line=_line(data, data.index(b"\0")))
    try:
        return data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start + (len(BOM) if data.startswith(BOM) else 0)
        raise not_utf8(f"byte 0x{data[start]:02x}", line=_line(data, start)) from None


def whole_bytes(path: Path, limits: ReadingLimits) -> bytes:
    """The content of a file, unpacked. Raises DamagedFile when it cannot be opened, unpacked, or is too large."""
    pieces = []
    size = 0
    for piece in chunks(path, limits):
        size += len(piece)
        if size > limits.document_bytes:
            raise too_large(limits)
        pieces.append(piece)
    return b"".join(pieces)


def numbered_lines(path: Path, limits: ReadingLimits) -> Iterator[tuple[int, bytes | DamagedFile]]:
    """Lines of a file with their numbers from 1, without their ends; one beyond the limit is passed over, and damage stands for it.

    Raises DamagedFile, with the line, where the file is cut short or damaged.
    """
    number = 1
    try:
        for line in _lines(chunks(path, limits), limits.document_bytes):
            yield number, too_large(limits, line=number) if line is None else line
            number += 1
    except DamagedFile as error:
        raise DamagedFile(error.reason, detail=error.detail, line=number, remedy=error.remedy) from None


def _lines(pieces: Iterable[bytes], most: int) -> Iterator[bytes | None]:
    """Lines without their ends, None for one of more than `most` bytes; no more than that and a piece is ever held."""
    held: list[bytes] = []
    size = 0
    first = True
    for piece in pieces:
        if first:
            _check_width(piece)
        *ended, rest = (piece.removeprefix(BOM) if first else piece).split(b"\n")
        first = False
        for end in ended:
            yield b"".join((*held, end)) if size + len(end) <= most else None
            held, size = [], 0
        size += len(rest)
        if size > most:
            held = []
        elif rest:
            held.append(rest)
    if size:
        yield b"".join(held) if size <= most else None


def chunks(path: Path, limits: ReadingLimits) -> Iterator[bytes]:
    """The content of a file, unpacked when it ends in .gz, .zst, .bz2 or .xz, in pieces of bounded size. Raises DamagedFile."""
    if path.exists() and not path.is_file():
        raise DamagedFile("not a file that can be read")
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            if suffix in PACKED:
                yield from unpacked(file, suffix, ratio=limits.unpacked_ratio, heard=count)
            else:
                while piece := file.read(AT_ONCE):
                    count(len(piece))
                    yield piece
    except OSError as error:
        raise DamagedFile("cannot be opened", detail=error.strerror or str(error)) from None


class Joined(io.BufferedReader):
    """Pieces of bytes as a stream, for libraries that read ahead: where the pieces are damaged it ends, and `damage` is set."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = _Pieces(pieces)
        super().__init__(self._pieces)

    @property
    def damage(self) -> DamagedFile | None:
        """Why the stream ended before its time, if it did."""
        return self._pieces.damage


class _Pieces(io.RawIOBase):
    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""
        self.damage: DamagedFile | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            try:
                self._rest = next(self._pieces, b"")
            except DamagedFile as damage:
                self.damage = damage
        given = self._rest[: len(buffer)]
        self._rest = self._rest[len(given) :]
        buffer[: len(given)] = given
        return len(given)


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
