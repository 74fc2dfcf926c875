"""What was submitted and how it ended: files in the store, so that it is known where Slurm keeps no accounts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import msgspec

from mintza.store import Lock, Store
from mintza.store.disk import explained


class Submitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A job that was submitted. job: Slurm's id.  name; node: what it makes.  after: ids of the jobs it waits for."""

    job: str
    name: str
    node: str
    after: tuple[str, ...]
    at: str


class Note(msgspec.Struct, frozen=True):
    """One run of a job. began, ended: seconds since the epoch, ended and code None while it runs or when it was killed.

    name: of the job, so that a run is known for what it was even where `submit` was killed before it recorded the job.
    """

    job: str
    began: int
    ended: int | None
    code: int | None
    gpus: int
    name: str = ""


def submission(store: Store, waiting: Callable[[str], None]) -> Lock:
    """The lock under which jobs of a store are submitted."""
    return Lock(store.root / "locks" / "submit.lock", "submission", waiting=waiting)


class Ledger:
    """submitted.jsonl, notes/ and logs/ of one store; `submitted.jsonl` is written under the lock of submission alone."""

    def __init__(self, store: Path, clock: Callable[[], float] = time.time) -> None:
        self._folder = store / "cluster"
        self._clock = clock

    @property
    def logs(self) -> Path:
        """Where jobs write what they print."""
        return self._folder / "logs"

    @property
    def notes_folder(self) -> Path:
        """Where jobs note their beginning and end."""
        return self._folder / "notes"

    def prepare(self) -> None:
        """Make the folders. Raises StoreError where they cannot be written."""
        with explained(self._folder):
            self.logs.mkdir(parents=True, exist_ok=True)
            self.notes_folder.mkdir(exist_ok=True)

    def add(self, job: str, name: str, node: str, after: tuple[str, ...]) -> None:
        """Record a submission."""
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock()))
        line = msgspec.json.encode(Submitted(job=job, name=name, node=node, after=after, at=at)) + b"\n"
        with explained(self._folder), (self._folder / "submitted.jsonl").open("ab") as file:
            file.write(line)

    def submitted(self) -> dict[str, Submitted]:
        """By job id, in order. A line that was cut by a kill is left out: Slurm itself still knows that job."""
        return {found.job: found for found in self._lines()}

    def named(self, notes: Mapping[str, list[Note]]) -> dict[str, list[str]]:
        """Name -> ids of all jobs of that name, in order: those recorded here, and those that only their own notes know,
        since `submit` was killed before it recorded them."""
        every = {id_: job.name for id_, job in self.submitted().items()}
        every |= {id_: runs[-1].name for id_, runs in notes.items() if runs[-1].name}
        found: dict[str, list[str]] = {}
        for id_ in sorted(every, key=_numbers):
            found.setdefault(every[id_], []).append(id_)
        return found

    def notes(self) -> dict[str, list[Note]]:
        """By job id, the runs of it in order."""
        found: dict[str, list[Note]] = {}
        paths = self.notes_folder.glob("*.json") if self.notes_folder.exists() else ()
        for path in sorted(paths, key=lambda path: _numbers(path.stem)):
            try:
                note = msgspec.json.decode(path.read_bytes(), type=Note)
            except (OSError, msgspec.DecodeError):
                continue
            found.setdefault(note.job, []).append(note)
        return found

    def last_lines(self, name: str, job: str, count: int = 3) -> list[str]:
        """The ends of what a job printed, without empty lines."""
        path = self._log(name, job)
        try:
            with path.open("rb") as file:
                file.seek(max(0, path.stat().st_size - 8192))
                lines = file.read().decode(errors="replace").splitlines()
        except OSError:
            return []
        return [line.strip() for line in lines if line.strip()][-count:]

    def printed(self, name: str, job: str) -> bool:
        """Whether a job has a log: Slurm makes it when a node begins the job, be it that nothing is printed."""
        return self._log(name, job).exists()

    def _log(self, name: str, job: str) -> Path:
        return self.logs / f"{name}.{job}.log"

    def _lines(self) -> Iterator[Submitted]:
        try:
            content = (self._folder / "submitted.jsonl").read_bytes()
        except OSError:
            return
        for line in content.splitlines():
            try:
                yield msgspec.json.decode(line, type=Submitted)
            except msgspec.DecodeError:
                continue


def _numbers(written: str) -> list[int]:
    """`12_3.0` -> [12, 3, 0]."""
    return [int(part) for part in re.findall(r"\d+", written)]
