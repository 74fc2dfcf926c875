"""The curve of a run, a line of JSON a step, so that a resumed run can tell the whole of it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import xxhash

from mintza.records import TrainingStep

CURVE = "curve.jsonl"


class Curve:
    """The steps of a run so far, in memory and in a file. path: None for memory only."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._lines = whole_lines(path) if path is not None else []

    def steps(self) -> list[TrainingStep]:
        """All steps, from the first."""
        return [msgspec.json.decode(line, type=TrainingStep) for line in self._lines]

    def hash_of(self, steps: int) -> str | None:
        """A hash of the first `steps` steps, None when there are not so many."""
        if len(self._lines) < steps:
            return None
        return xxhash.xxh3_128_hexdigest(b"".join(self._lines[:steps]))

    def lines(self) -> list[bytes]:
        """All steps, as they stand in the file."""
        return list(self._lines)

    def follow(self, lines: list[bytes]) -> None:
        """Know the steps that another process read, without writing them."""
        self._lines = list(lines)

    def cut(self, steps: int) -> None:
        """Forget all after the first `steps` steps."""
        self._lines = self._lines[:steps]
        if self._path is None:
            return
        with self._path.open("wb") as file:
            file.writelines(self._lines)
            file.flush()
            os.fsync(file.fileno())

    def add(self, step: TrainingStep) -> None:
        """One more step."""
        line = msgspec.json.encode(step) + b"\n"
        self._lines.append(line)
        if self._path is None:
            return
        with self._path.open("ab") as file:
            file.write(line)

    def sync(self) -> None:
        """Make sure that the disk has all of it."""
        if self._path is None:
            return
        with self._path.open("ab") as file:
            os.fsync(file.fileno())


def whole_lines(path: Path) -> list[bytes]:
    """The lines of a curve's file up to the first that is not whole or not in its place."""
    found: list[bytes] = []
    if not path.exists():
        return found
    for number, line in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        try:
            step = msgspec.json.decode(line, type=TrainingStep)
        except msgspec.DecodeError:
            break
        if step.step != number or not line.endswith(b"\n"):
            break
        found.append(line)
    return found
