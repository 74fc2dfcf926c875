"""The curve of a run, a line of JSON a step, so that a resumed run can tell the whole of it."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import xxhash

from mintza.records import TrainingStep


class Curve:
    """The steps of a run so far, in memory and in a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lines: list[bytes] = []
        self._read()

    def _read(self) -> None:
        if not self._path.exists():
            return
        for number, line in enumerate(self._path.read_bytes().splitlines(keepends=True), start=1):
            try:
                step = msgspec.json.decode(line, type=TrainingStep)
            except msgspec.DecodeError:
                break
            if step.step != number or not line.endswith(b"\n"):
                break
            self._lines.append(line)

    def steps(self) -> list[TrainingStep]:
        """All steps, from the first."""
        return [msgspec.json.decode(line, type=TrainingStep) for line in self._lines]

    def hash_of(self, steps: int) -> str | None:
        """A hash of the first `steps` steps, None when there are not so many."""
        if len(self._lines) < steps:
            return None
        return xxhash.xxh3_128_hexdigest(b"".join(self._lines[:steps]))

    def cut(self, steps: int) -> None:
        """Forget all after the first `steps` steps."""
        self._lines = self._lines[:steps]
        with self._path.open("wb") as file:
            file.writelines(self._lines)
            file.flush()
            os.fsync(file.fileno())

    def add(self, step: TrainingStep) -> None:
        """One more step."""
        line = msgspec.json.encode(step) + b"\n"
        self._lines.append(line)
        with self._path.open("ab") as file:
            file.write(line)

    def sync(self) -> None:
        """Make sure that the disk has all of it."""
        with self._path.open("ab") as file:
            os.fsync(file.fileno())
