"""Checkpoints that a kill cannot spoil: written aside, fsynced, renamed; the last few are kept."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar

import msgspec
import xxhash

from mintza.durable import sync_path
from mintza.errors import TrainingError
from mintza.records import Record
from mintza.train.identity import Identity
from mintza.train.team import Alone, Team, by_first

CHECKPOINTS = "checkpoints"
STATE = "state"
META = "meta.json"
CHUNK = 1 << 20
T = TypeVar("T")
Write = Callable[[Path], Callable[[], bool] | None]


class Meta(Record, frozen=True, kw_only=True):
    """What a checkpoint is of.

    run: all that decides the run.  state: name -> hash of each of its files.  curve: hash of the curve so far.
    """

    run: Identity
    step: int
    state: dict[str, str]
    curve: str


class Pending(NamedTuple):
    """A checkpoint that is being written. finished: whether its state is on the disk."""

    step: int
    curve: str
    finished: Callable[[], bool]


class Checkpoints:
    """The checkpoints of one run in a folder that the whole team sees; every process calls every method, in the same order.

    Raises TrainingError when the folder holds another run's.
    """

    def __init__(self, folder: Path, run: Identity, team: Team | None = None, *, kept: int = 2) -> None:
        self._folder = folder
        self._run = run
        self._team = team or Alone()
        self._kept = kept
        self._pending: Pending | None = None
        by_first(self._team, self._clear)

    def _clear(self) -> None:
        refuse_others(self._folder, self._run)
        self._folder.mkdir(parents=True, exist_ok=True)
        for left in self._folder.glob(".*"):
            shutil.rmtree(left)

    def path(self, step: int) -> Path:
        """Folder of the checkpoint after a step."""
        return self._folder / f"step-{step:08d}"

    def steps(self) -> list[int]:
        """Steps of the checkpoints that are there, the latest first."""
        return by_first(self._team, self._steps)

    def _steps(self) -> list[int]:
        return sorted((int(path.name.removeprefix("step-")) for path in self._folder.glob("step-*")), reverse=True)

    def save(self, step: int, curve: str, write: Write) -> None:
        """Make the checkpoint of a step; `write` writes its state into the folder that it is given, or begins to.

        Raises TrainingError when the disk does not take it; the checkpoints before it stay.
        """
        self.settle()
        aside = self._aside(step)
        by_first(self._team, lambda: self._attempt(step, aside.mkdir))
        finished = self._everywhere(step, lambda: write(aside / STATE))
        self._pending = Pending(step, curve, finished or (lambda: True))
        if finished is None:
            self.settle()

    def look(self) -> None:
        """Complete what was written in the background since the last look. Raises as `save`."""
        pending = self._pending
        if pending is None:
            return
        ready = self._everywhere(pending.step, pending.finished)
        if all(self._team.gather(ready)):
            self._complete(pending)

    def settle(self) -> None:
        """Wait for what is written in the background. Raises as `save`."""
        while self._pending is not None:
            self.look()
            if self._pending is not None:
                time.sleep(0.02)

    def _complete(self, pending: Pending) -> None:
        self._pending = None
        aside = self._aside(pending.step)
        hashes = self._everywhere(pending.step, lambda: self._hashes(aside / STATE, sync=True))
        state = {name: each for part in self._team.gather(hashes) for name, each in part.items()}
        meta = Meta(run=self._run, step=pending.step, state=state, curve=pending.curve)
        by_first(self._team, lambda: self._attempt(pending.step, lambda: self._file(meta)))

    def _file(self, meta: Meta) -> None:
        aside, final = self._aside(meta.step), self.path(meta.step)
        (aside / META).write_bytes(msgspec.json.encode(meta))
        for path in (aside / META, aside / STATE, aside):
            sync_path(path)
        if final.exists():
            shutil.rmtree(final)
        aside.rename(final)
        sync_path(self._folder)
        for old in self._steps()[self._kept :]:
            shutil.rmtree(self.path(old), ignore_errors=True)

    def drop(self, step: int) -> None:
        """Remove a checkpoint."""
        by_first(self._team, lambda: shutil.rmtree(self.path(step), ignore_errors=True))

    def usable(self, curve_hash: Callable[[int], str | None]) -> Iterator[tuple[int, Path | str]]:
        """The latest first: a step, and the folder of its state or the reason why it cannot be used.

        curve_hash: the hash of so many steps of the curve; the first process is asked.
        """
        for step in self.steps():
            yield step, self._fault(step, curve_hash) or self.path(step) / STATE

    def _fault(self, step: int, curve_hash: Callable[[int], str | None]) -> str | None:
        meta = by_first(self._team, lambda: _read(self.path(step)))
        state = {
            name: each
            for part in self._team.gather(self._hashes(self.path(step) / STATE, sync=False))
            for name, each in part.items()
        }
        if meta is None:
            return "is spoiled"
        if meta.step != step or meta.state != state:
            return "is spoiled"
        fits = by_first(self._team, lambda: meta.curve == curve_hash(step))
        return None if fits else "has lost its curve"

    def _aside(self, step: int) -> Path:
        return self._folder / f".step-{step:08d}"

    def _hashes(self, folder: Path, *, sync: bool) -> dict[str, str]:
        """Hashes of this process's share of the files of a state; a file that cannot be read has none that fits."""
        found = {}
        for path in sorted(folder.glob("*"))[self._team.rank :: self._team.size]:
            if sync:
                sync_path(path)
            found[path.name] = _hash(path)
        return found

    def _everywhere(self, step: int, act: Callable[[], T]) -> T:
        """Do something on every process; when one fails, all of them say so."""
        result, failure = None, None
        try:
            result = act()
        except OSError as error:
            failure = error
        for wrong in self._team.gather(failure):
            if wrong is not None:
                self._pending = None
                raise self._unwritten(step, wrong)
        return result  # type: ignore[return-value]

    def _attempt(self, step: int, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            raise self._unwritten(step, error) from error

    def _unwritten(self, step: int, error: OSError) -> TrainingError:
        return TrainingError(
            f"the checkpoint of step {step} cannot be written: {error.strerror or error}",
            place=str(self._folder),
            remedy="free room and run again: it goes on from the checkpoint before",
        )


def refuse_others(folder: Path, run: Identity) -> None:
    """Raise TrainingError when a folder of checkpoints holds one of another run; nothing in it is touched."""
    for path in sorted(folder.glob("step-*")):
        meta = _read(path)
        if meta is not None and meta.run.digest != run.digest:
            raise TrainingError(
                f"it holds a checkpoint of another run: {meta.run.named()}, step {meta.step}, and this is {run.named()} "
                f"({', '.join(run.apart_from(meta.run))} differ). Nothing of it was touched",
                place=str(path),
                remedy=f"to keep that run, give this study another `store`; if nobody needs it, remove {folder.parent} and run again",
            )


def _read(folder: Path) -> Meta | None:
    try:
        return msgspec.json.decode((folder / META).read_bytes(), type=Meta)
    except (OSError, msgspec.DecodeError):
        return None


def _hash(path: Path) -> str:
    digest = xxhash.xxh3_128()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()
