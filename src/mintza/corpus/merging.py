"""Sorted runs on disk, merged into one order: few at a time, so that neither memory nor open files grow with the corpus."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

R = TypeVar("R", bound=msgspec.Struct)
Run = Callable[[], Iterator[R]]
AT_ONCE = 64


def write_run(path: Path, records: Iterable[R]) -> Run[R]:
    """Write records, in order, as lines of JSON; gives what reads them again. Raises OSError."""
    encoder = msgspec.json.Encoder()
    kind = msgspec.Struct
    with path.open("wb") as file:
        for record in records:
            kind = type(record)
            file.write(encoder.encode(record) + b"\n")
    return lambda: read_run(path, kind)  # type: ignore[arg-type]


def read_run(path: Path, kind: type[R]) -> Iterator[R]:
    """The records of a run, in order."""
    decoder = msgspec.json.Decoder(kind)
    with path.open("rb") as file:
        for line in file:
            yield decoder.decode(line)


def merged(runs: Sequence[Run[R]], *, key: Callable[[R], Any], folder: Path) -> Iterator[R]:
    """The records of sorted runs in one order; where keys are equal, those of the earlier run come first.

    folder: for runs of runs, when there are more than 64; it must exist.
    """
    level = 0
    while len(runs) > AT_ONCE:
        runs = [
            write_run(folder / f"{level}-{start:06}.run", heapq.merge(*_opened(runs[start : start + AT_ONCE]), key=key))
            for start in range(0, len(runs), AT_ONCE)
        ]
        level += 1
    return heapq.merge(*_opened(runs), key=key)


def _opened(runs: Sequence[Run[R]]) -> list[Iterator[R]]:
    return [run() for run in runs]
