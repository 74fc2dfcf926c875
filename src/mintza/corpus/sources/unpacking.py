"""Compressed bytes, given out in pieces of bounded size; what is cut short, damaged or grows too much says so."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

import zstandard

AT_ONCE = 1 << 16
MEND = "mend or remove it"
# A zip bomb is told by its growth once this much has come out of it: small files may grow by any factor.
_GROWTH_COUNTS_FROM = 16_000_000
# A block of zstandard has at least 3 bytes and gives at most 128 KiB, and its decompressor cannot be told to stop.
_ZSTD_AT_ONCE = 1 << 8
# More is asked for by no file that a person's text comes in (`zstd --long` takes 128 MiB).
_MEMORY = 1 << 28


class DamagedFile(Exception):
    """A file that cannot be read to its end, or a piece of one that cannot be used.

    reason: the same for the same cause.  detail: what the library said.  line: at which line it is, if known.
    remedy: what a person can do.
    """

    def __init__(self, reason: str, *, detail: str = "", line: int | None = None, remedy: str = MEND) -> None:
        self.reason = reason
        self.detail = detail
        self.line = line
        self.remedy = remedy
        super().__init__(reason)


class Member(Protocol):
    """One of the members (frames, streams) that follow each other in a compressed file."""

    def feed(self, data: bytes) -> Iterator[bytes]:
        """What comes out, in pieces; stops when the member is complete."""
        ...

    @property
    def complete(self) -> bool: ...

    @property
    def after(self) -> bytes:
        """What was fed beyond the end of the member."""
        ...


class _Gzip:
    def __init__(self) -> None:
        self._member = zlib.decompressobj(wbits=31)

    def feed(self, data: bytes) -> Iterator[bytes]:
        while True:
            piece = self._member.decompress(data, AT_ONCE)
            yield piece
            data = self._member.unconsumed_tail
            if self._member.eof or (not data and len(piece) < AT_ONCE):
                return

    @property
    def complete(self) -> bool:
        return self._member.eof

    @property
    def after(self) -> bytes:
        return self._member.unused_data


class _Stream:
    """bz2 and xz, whose objects work alike."""

    def __init__(self, member: bz2.BZ2Decompressor | lzma.LZMADecompressor) -> None:
        self._member = member

    def feed(self, data: bytes) -> Iterator[bytes]:
        yield self._member.decompress(data, AT_ONCE)
        while not self._member.eof and not self._member.needs_input:
            yield self._member.decompress(b"", AT_ONCE)

    @property
    def complete(self) -> bool:
        return self._member.eof

    @property
    def after(self) -> bytes:
        return self._member.unused_data


class _Zstandard:
    def __init__(self) -> None:
        self._member = zstandard.ZstdDecompressor(max_window_size=_MEMORY).decompressobj()
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[bytes]:
        for start in range(0, len(data), _ZSTD_AT_ONCE):
            out = self._member.decompress(data[start : start + _ZSTD_AT_ONCE])
            yield from (out[begin : begin + AT_ONCE] for begin in range(0, len(out), AT_ONCE))
            if self._member.eof:
                self._rest = self._member.unused_data + data[start + _ZSTD_AT_ONCE :]
                return

    @property
    def complete(self) -> bool:
        return self._member.eof

    @property
    def after(self) -> bytes:
        return self._rest


_MEMBERS: dict[str, Callable[[], Member]] = {
    ".gz": _Gzip,
    ".zst": _Zstandard,
    ".bz2": lambda: _Stream(bz2.BZ2Decompressor()),
    ".xz": lambda: _Stream(lzma.LZMADecompressor(memlimit=_MEMORY)),
}
PACKED = tuple(_MEMBERS)


def unpacked(
    file: BinaryIO, suffix: str, *, ratio: int, heard: Callable[[int], None] = lambda size: None
) -> Iterator[bytes]:
    """The content of a compressed file, member after member, each given out as it is read, so that the line of a cut is known.

    ratio: times that the content may be larger than the file.  heard: told how many bytes of the file came in.
    Raises DamagedFile. The libraries' own streams give less: zstandard's does not tell a file that ends from one that was cut,
    and gzip's keeps back what it had unpacked before the cut.
    """
    member: Member | None = None
    before = out = 0
    try:
        while data := file.read(AT_ONCE):
            before += len(data)
            heard(len(data))
            while data:
                if member is None:
                    data = data.lstrip(b"\0")  # padding between members is allowed
                    member = _MEMBERS[suffix]() if data else None
                    continue
                for piece in member.feed(data):
                    out += len(piece)
                    if out > max(_GROWTH_COUNTS_FROM, ratio * before):
                        detail = f"over {ratio} times (limits.unpacked_ratio)"
                        raise DamagedFile("grows too much when unpacked", detail=detail)
                    if piece:
                        yield piece
                data = member.after if member.complete else b""
                member = None if member.complete else member
    except (zlib.error, zstandard.ZstdError, lzma.LZMAError, OSError, EOFError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the file cannot be read; bz2's own errors have no number
        raise DamagedFile("damaged", detail=str(error)) from None
    if member is not None:
        raise DamagedFile("cut short")
