"""Checkpoints that a kill cannot spoil: written aside, fsynced, renamed; the last two are kept."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import xxhash

from mintza.errors import TrainingError
from mintza.records import Record

STATE = "state.safetensors"
META = "meta.json"
KEPT = 2
CHUNK = 1 << 20


class Meta(Record, frozen=True, kw_only=True):
    """What a checkpoint is of. run: digest of all that decides the run.  state: hash of its file.  curve: hash of the curve so far."""

    run: str
    step: int
    state: str
    curve: str


class Checkpoints:
    """The checkpoints of one run in a folder."""

    def __init__(self, folder: Path, run: str) -> None:
        self._folder = folder
        self._run = run
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(".*"):
            shutil.rmtree(left)

    def path(self, step: int) -> Path:
        """Folder of the checkpoint after a step."""
        return self._folder / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """Steps of the checkpoints that are there, the latest first."""
        return sorted((int(path.name.removeprefix("step-")) for path in self._folder.glob("step-*")), reverse=True)

    def save(self, step: int, curve: str, write: Callable[[Path], None]) -> None:
        """Make the checkpoint of a step; `write` writes its state to the path that it is given.

        Raises TrainingError when the disk does not take it; the checkpoints before it stay.
        """
        try:
            self._save(step, curve, write)
        except OSError as error:
            raise TrainingError(
                f"the checkpoint of step {step} cannot be written: {error.strerror or error}",
                place=str(self._folder),
                remedy="free room and run again: it goes on from the checkpoint before",
            ) from error

    def _save(self, step: int, curve: str, write: Callable[[Path], None]) -> None:
        aside = self._folder / f".step-{step:08d}"
        aside.mkdir()
        write(aside / STATE)
        meta = Meta(run=self._run, step=step, state=_hash(aside / STATE), curve=curve)
        (aside / META).write_bytes(msgspec.json.encode(meta))
        for name in (STATE, META):
            _sync(aside / name)
        _sync(aside)
        final = self.path(step)
        if final.exists():
            shutil.rmtree(final)
        aside.rename(final)
        _sync(self._folder)
        for old in self.steps()[KEPT:]:
            self.drop(old)

    def drop(self, step: int) -> None:
        """Remove a checkpoint."""
        shutil.rmtree(self.path(step), ignore_errors=True)

    def usable(self, curve_hash: Callable[[int], str | None]) -> Iterator[tuple[int, Path | str]]:
        """The latest first: a step, and the file of its state or the reason why it cannot be used."""
        for step in self.steps():
            yield step, self._fault(step, curve_hash) or self.path(step) / STATE

    def _fault(self, step: int, curve_hash: Callable[[int], str | None]) -> str | None:
        folder = self.path(step)
        try:
            meta = msgspec.json.decode((folder / META).read_bytes(), type=Meta)
            state = _hash(folder / STATE)
        except (OSError, msgspec.DecodeError):
            return "is spoiled"
        if meta.run != self._run:
            return "is of another run"
        if meta.step != step or meta.state != state:
            return "is spoiled"
        return None if meta.curve == curve_hash(step) else "has lost its curve"


def _hash(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
