"""Bytes of a file, plain or compressed, as text; what is damaged says where and how."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

import zstandard

_AT_ONCE = 1 << 16
_BOM = b"\xef\xbb\xbf"


class Unpacker(Protocol):
    """What zlib and zstandard have in common. eof: the member is complete.  unused_data: what came after it."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


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
                yield from _unpacked(file, lambda: zlib.decompressobj(wbits=31))
            elif suffix == ".zst":
                yield from _unpacked(file, lambda: zstandard.ZstdDecompressor().decompressobj())
            else:
                yield from iter(lambda: file.read(_AT_ONCE), b"")
    except OSError as error:
        raise DamagedFile("cannot be opened", detail=error.strerror or str(error)) from None


def _unpacked(file: BinaryIO, unpacker: Callable[[], Unpacker]) -> Iterator[bytes]:
    """Members (frames) one after the other, each given out as it is read, so that the line of a cut is known.

    The libraries' own streams give less: zstandard's does not tell a file that ends from one that was cut, and gzip's
    keeps back what it had unpacked before the cut.
    """
    member: Unpacker | None = None
    try:
        while data := file.read(_AT_ONCE):
            while data:
                if member is None:
                    data = data.lstrip(b"\0")  # padding between members is allowed
                    member = unpacker() if data else None
                    continue
                yield member.decompress(data)
                data = member.unused_data if member.eof else b""
                member = None if member.eof else member
    except (zlib.error, zstandard.ZstdError) as error:
        raise DamagedFile("damaged", detail=str(error)) from None
    if member is not None:
        raise DamagedFile("cut short")


def _line(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1
