"""Records as JSON lines, as anybody can read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

import msgspec
import zstandard

from mintza.records import Record

LEVEL = 10
R = TypeVar("R", bound=Record)


def write_lines(path: Path, records: Iterator[Record]) -> int:
    """Records as JSON lines, under zstd when the name ends in .zst; gives how many."""
    count = 0
    encoder = msgspec.json.Encoder()
    with path.open("wb") as file:
        if path.suffix == ".zst":
            with zstandard.ZstdCompressor(level=LEVEL).stream_writer(file, closefd=False) as stream:
                for count, record in enumerate(records, 1):  # noqa: B007 - counted
                    stream.write(encoder.encode(record) + b"\n")
        else:
            for count, record in enumerate(records, 1):  # noqa: B007 - counted
                file.write(encoder.encode(record) + b"\n")
    return count


def read_lines(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a file of one type. Raises zstandard.ZstdError or msgspec.DecodeError where it is spoiled."""
    decoder = msgspec.json.Decoder(kind)
    rest = b""
    with path.open("rb") as file:
        opened = zstandard.ZstdDecompressor().stream_reader(file) if path.suffix == ".zst" else file
        while piece := opened.read(1 << 20):
            *lines, rest = (rest + piece).split(b"\n")
            yield from map(decoder.decode, lines)
