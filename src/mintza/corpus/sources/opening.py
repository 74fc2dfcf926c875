"""Bytes of a file, plain or compressed, as text; what is damaged says where and how."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import zstandard

_AT_ONCE = 1 << 20
_BOM = b"\xef\xbb\xbf"


class DamagedFile(Exception):
    """A file that cannot be read to its end.

    reason: the same for the same cause.  detail: what the library said.  line: at which line it is, if known.
    """

    def __init__(self, reason: str, *, detail: str = "", line: int | None = None) -> None:
        self.reason = reason
        self.detail = detail
        self.line = line
        super().__init__(reason)


def whole_text(path: Path) -> str:
    """The text of a file. Raises DamagedFile when it cannot be opened, unpacked or is not UTF-8 text."""
    data = b"".join(chunks(path))
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DamagedFile("in UTF-16, not UTF-8")
    if b"\0" in data:
        raise DamagedFile("binary, not text", line=_line(data, data.index(b"\0")))
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        start = error.start + (len(_BOM) if data.startswith(_BOM) else 0)
        raise DamagedFile("not UTF-8", detail=f"byte 0x{data[start]:02x}", line=_line(data, start)) from None


def numbered_lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines of a file with their numbers from 1, without their ends; one that is cut short raises DamagedFile there."""
    rest = b""
    number = 0
    try:
        for index, chunk in enumerate(chunks(path)):
            lines = (rest + (chunk.removeprefix(_BOM) if index == 0 else chunk)).split(b"\n")
            rest = lines.pop()
            for line in lines:
                number += 1
                yield number, line
    except DamagedFile as error:
        raise DamagedFile(error.reason, detail=error.detail, line=number + 1) from None
    if rest:
        yield number + 1, rest


def chunks(path: Path) -> Iterator[bytes]:
    """The content of a file, unpacked when it ends in .gz or .zst. Raises DamagedFile."""
    if path.exists() and not path.is_file():
        raise DamagedFile("not a file that can be read")
    suffix = path.suffix.lower()
    try:
        with path.open("rb") as file:
            if suffix == ".gz":
                yield from _gunzipped(file)
            elif suffix == ".zst":
                yield from _unzstandarded(file)
            else:
                yield from iter(lambda: file.read(_AT_ONCE), b"")
    except OSError as error:
        raise DamagedFile("cannot be opened", detail=error.strerror or str(error)) from None


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    try:
        with gzip.GzipFile(fileobj=file) as unpacked:
            yield from iter(lambda: unpacked.read(_AT_ONCE), b"")
    except EOFError:
        raise DamagedFile("cut short") from None
    except (gzip.BadGzipFile, zlib.error) as error:
        raise DamagedFile("damaged", detail=str(error)) from None


def _unzstandarded(file: BinaryIO) -> Iterator[bytes]:
    """Frames one after the other: the library's own stream does not tell a file that ends from one that was cut."""
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    begun = False
    try:
        while data := file.read(_AT_ONCE):
            while data:
                begun = True
                yield unpacker.decompress(data)
                data = unpacker.unused_data if unpacker.eof else b""
                if unpacker.eof:
                    unpacker = zstandard.ZstdDecompressor().decompressobj()
                    begun = False
    except zstandard.ZstdError as error:
        raise DamagedFile("damaged", detail=str(error)) from None
    if begun:
        raise DamagedFile("cut short")


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
