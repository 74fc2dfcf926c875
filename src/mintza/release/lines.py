"""Records as JSON lines, as anybody can read them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard

from mintza.records import Record

LEVEL = 10


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
