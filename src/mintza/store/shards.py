"""Records on disk: shards of JSON lines under zstd, one family a record type."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
import zstandard

from mintza.errors import StoreError
from mintza.records import Record

SHARD_BYTES = 64 << 20
LEVEL = 3
R = TypeVar("R", bound=Record)


class ShardWriter:
    """Writes records of one type to `NAME-00000.jsonl.zst`, ...; the hash is of the lines, so shard sizes do not enter it."""

    def __init__(self, folder: Path, name: str, shard_bytes: int = SHARD_BYTES) -> None:
        self._folder = folder
        self._name = name
        self._limit = shard_bytes
        self._shard = 0
        self._written = 0
        self._file: IO[bytes] | None = None
        self._stream: Any = None
        self._encoder = msgspec.json.Encoder()
        self._digest = hashlib.sha256()
        self.count = 0

    def add(self, record: Record) -> None:
        """Append one record."""
        line = self._encoder.encode(record) + b"\n"
        if self._stream is None or self._written + len(line) > self._limit:
            self._next_shard()
        self._stream.write(line)
        self._digest.update(line)
        self._written += len(line)
        self.count += 1

    def close(self) -> str:
        """Finish the last shard and give the hex sha256 of all lines."""
        self._end_shard()
        return self._digest.hexdigest()

    def _next_shard(self) -> None:
        self._end_shard()
        path = self._folder / f"{self._name}-{self._shard:05d}.jsonl.zst"
        self._file = path.open("wb")
        self._stream = zstandard.ZstdCompressor(level=LEVEL).stream_writer(self._file, closefd=False)
        self._shard += 1
        self._written = 0

    def _end_shard(self) -> None:
        if self._stream is not None and self._file is not None:
            stream, file = self._stream, self._file
            self._stream, self._file = None, None
            try:
                stream.close()
            finally:
                file.close()


def read_shards(folder: Path, kind: type[R]) -> Iterator[R]:
    """Yield the records of one type in the order in which they were written. Raises StoreError at a spoiled shard."""
    decoder = msgspec.json.Decoder(kind)
    for path in sorted(folder.glob(f"{kind.__name__}-*.jsonl.zst")):
        try:
            with path.open("rb") as file:
                for line in _lines(file):
                    yield decoder.decode(line)
        except (OSError, zstandard.ZstdError, msgspec.DecodeError, EOFError) as error:
            raise StoreError(
                f"a shard is spoiled ({error})",
                place=str(path),
                remedy=f"remove the folder {folder} and run again: it is made anew",
            ) from error


def _lines(file: IO[bytes]) -> Iterator[bytes]:
    """Lines of one zstd frame. A frame that is cut must be told apart from one that ends: stream readers do not."""
    frame = zstandard.ZstdDecompressor().decompressobj()
    rest = b""
    while piece := file.read(1 << 20):
        lines = (rest + frame.decompress(piece)).split(b"\n")
        rest = lines.pop()
        yield from lines
    if rest or not frame.eof:
        raise EOFError("it is cut")
