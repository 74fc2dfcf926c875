"""The header of a GGUF file, read without any library: metadata, and where the weights begin.

Source: the GGUF specification (ggml, docs/gguf.md), versions 2 and 3, little endian.
"""

from __future__ import annotations

import functools
import mmap
import struct
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput

_FIXED = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q").unpack_from
_TYPE = struct.Struct("<I").unpack_from
_LONGEST = 1 << 32


class Place(NamedTuple):
    """Where an array's values lie: type of each, how many, first byte."""

    kind: int
    length: int
    start: int


class GgufHeader:
    """Metadata of a GGUF file by key: single values as they are, arrays read only when they are asked for.

    Raises BadInput when the file is not a GGUF file of version 2 or 3, or ends inside its header.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.values: dict[str, Any] = {}
        self._arrays: dict[str, Place] = {}
        try:
            with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
                self.size = self._read(data)
        except OSError as error:
            raise _unreadable(path, error) from error
        except (struct.error, ValueError, KeyError, UnicodeDecodeError) as error:
            raise BadInput(
                "this is not a whole GGUF file of version 2 or 3", place=str(path), remedy="bring the file again"
            ) from error

    def text(self, key: str) -> str | None:
        """A value that is text, None when it is not there."""
        value = self.values.get(key)
        return value if isinstance(value, str) else None

    def number(self, key: str) -> int | None:
        """A value that is a whole number, None when it is not there."""
        value = self.values.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def strings(self, key: str, wanted: list[int]) -> list[str]:
        """The strings at these places of an array of strings; "" for a place that is not there."""
        place = self._arrays.get(key)
        if place is None or place.kind != _STRING:
            return ["" for _ in wanted]
        found: dict[int, str] = {}
        last = max(wanted, default=-1)
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            at = place.start
            for number in range(min(place.length, last + 1)):
                (length,) = _LENGTH(data, at)
                if number in wanted:
                    found[number] = data[at + 8 : at + 8 + length].decode("utf-8", "replace")
                at += 8 + length
        return [found.get(number, "") for number in wanted]

    def _read(self, data: mmap.mmap) -> int:
        """Fill `values` and the places of arrays; gives the size of the metadata in bytes."""
        magic, version, _tensors, keys = struct.unpack_from("<4sIQQ", data, 0)
        if magic != b"GGUF" or version not in (2, 3):
            raise ValueError("not GGUF")
        at = 24
        for _ in range(keys):
            key, at = _string(data, at)
            (kind,) = _TYPE(data, at)
            at += 4
            if kind == _ARRAY:
                inner, count = struct.unpack_from("<IQ", data, at)
                at += 12
                self._arrays[key] = Place(inner, count, at)
                at = _past(data, inner, count, at)
            elif kind == _STRING:
                self.values[key], at = _string(data, at)
            else:
                form = struct.Struct("<" + _FIXED[kind])
                (self.values[key],) = form.unpack_from(data, at)
                at += form.size
        return at


def read_gguf(path: Path) -> GgufHeader:
    """The header of a file, read once as long as its size and time stay. Raises BadInput as GgufHeader does."""
    try:
        now = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    return _read_once(path, now.st_size, now.st_mtime_ns)


@functools.lru_cache(maxsize=16)
def _read_once(path: Path, _size: int, _time: int) -> GgufHeader:
    return GgufHeader(path)


def _unreadable(path: Path, error: OSError) -> BadInput:
    return BadInput(f"the GGUF file cannot be read: {error.strerror}", place=str(path))


def _string(data: mmap.mmap, at: int) -> tuple[str, int]:
    (length,) = _LENGTH(data, at)
    if length > _LONGEST or at + 8 + length > len(data):
        raise ValueError("a string goes past the end")
    return data[at + 8 : at + 8 + length].decode("utf-8"), at + 8 + length


def _past(data: mmap.mmap, kind: int, count: int, at: int) -> int:
    """The first byte after an array's values."""
    if kind == _STRING:
        length = _LENGTH
        for _ in range(count):
            at += 8 + length(data, at)[0]
        return at
    if kind == _ARRAY:
        raise ValueError("arrays of arrays are not in the specification's use")
    return at + count * struct.calcsize("<" + _FIXED[kind])
