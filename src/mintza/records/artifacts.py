"""What a run leaves behind: findings, and the manifest of an artifact."""

from __future__ import annotations

from typing import Any

from mintza.records.base import Record


class Finding(Record, frozen=True, kw_only=True):
    """A question of the study answered in a sentence. value, low, high: the number in it.  artifacts: keys of what it rests on."""

    question: str
    answer: str
    value: float | None
    low: float | None
    high: float | None
    artifacts: tuple[str, ...]


class Parent(Record, frozen=True, kw_only=True):
    """An artifact that another was made from: its key, and the content it had then."""

    key: str
    content_sha256: str


class VerdictCount(Record, frozen=True, kw_only=True):
    """How many records a step dropped (or kept, edited) for a reason."""

    step: str
    unit: str
    kept: bool
    reason: str
    count: int


class Artifact(Record, frozen=True, kw_only=True):
    """The manifest of an artifact: its existence means that the artifact is complete.

    key: sha256 of what decides it.  stage, cell: which.  records: count by record type.  content_sha256: of its records and files.
    files: path below `files/` to sha256, for what is not records.  parents: what it was made from.  settings: those that bear on it.
    revision: of the stage.  libraries: versions that bear on it.  execution: how it was run.  verdicts: counts, in order.
    commit: of the code, if known.  finished_at: ISO 8601, UTC.  seconds: of work, over all sittings where known.
    """

    key: str
    stage: str
    cell: str | None
    records: dict[str, int]
    content_sha256: str
    files: dict[str, str]
    parents: tuple[Parent, ...]
    settings: dict[str, Any]
    revision: int
    libraries: dict[str, str]
    execution: dict[str, Any]
    verdicts: tuple[VerdictCount, ...]
    commit: str | None
    finished_at: str
    seconds: float
