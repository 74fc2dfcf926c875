"""What the run tells the processes that train for it, and what they tell it: small files in the workspace."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from mintza.errors import BadInput, MintzaError, Stopped, TrainingError
from mintza.records import Backbone, Record, Variant
from mintza.train.card import Lineage
from mintza.train.settings import TrainSettings

JOB = "job.json"
OUTCOME = "outcome.json"
PROGRESS = "progress.jsonl"
STOP = "stop"
"""A file of this name in the workspace asks the processes to stop after the next step."""


class Job(Record, frozen=True, kw_only=True):
    """A training to be done. settings: of `train`, as JSON.  prepared: folder of the rows.  workspace: folder that is worked in."""

    settings: str
    backbone: Backbone
    variant: Variant
    prepared: str
    workspace: str
    lineage: Lineage = Lineage()

    def train_settings(self) -> TrainSettings:
        """The settings."""
        return TrainSettings.model_validate_json(self.settings)


class Outcome(Record, frozen=True, kw_only=True):
    """How it ended, by the first process. error: None when it was done, else its type's name.  message, place, remedy: its parts."""

    error: str | None = None
    message: str = ""
    place: str = ""
    remedy: str = ""


class Said(Record, frozen=True, kw_only=True):
    """One call of a Progress."""

    done: int
    total: int | None
    note: str = ""


class Writes:
    """A Progress that writes to a file what is said, for another process to read. Fulfils Progress."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """Add a line."""
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(Said(done=done, total=total, note=note)) + b"\n")


def read_progress(path: Path, known: int) -> Iterator[Said]:
    """What was said, after the first `known` times."""
    if path.exists():
        for line in path.read_bytes().splitlines(keepends=True)[known:]:
            if line.endswith(b"\n"):
                yield msgspec.json.decode(line, type=Said)


def write(path: Path, record: Job | Outcome) -> None:
    """Write a record whole or not at all."""
    aside = path.with_name(f".{path.name}")
    aside.write_bytes(msgspec.json.encode(record))
    aside.replace(path)


def read_job(path: Path) -> Job:
    """A job. Raises BadInput when there is none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Job)
    except (OSError, msgspec.DecodeError) as error:
        raise BadInput(f"this is no job: {error}", place=str(path), remedy="`mintza run` writes it") from error


def outcome_of(error: MintzaError | None) -> Outcome:
    """How it ended, as a record."""
    if error is None:
        return Outcome()
    return Outcome(error=type(error).__name__, message=error.message, place=error.place, remedy=error.remedy)


def raise_if_failed(outcome: Outcome) -> None:
    """Raise what the first process raised: Stopped, or TrainingError for all others."""
    if outcome.error is None:
        return
    kind = Stopped if outcome.error == Stopped.__name__ else TrainingError
    raise kind(outcome.message, place=outcome.place, remedy=outcome.remedy)
