"""Imports made-up results, and asks what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mintza.benchmark.importing.gather import Imported, results_of
from mintza.records import Measurement
from mintza.terminal.importing import known_tasks

TABLE = known_tasks()


def imported(*paths: Path, **options: Any) -> Imported:
    return results_of(paths, TABLE, **options)


def one(found: Imported, exam: str, metric: str = "acc,none") -> Measurement:
    (only,) = [m for m in found.measurements if m.exam == exam and m.metric == metric]
    return only


def odd(found: Imported) -> list[tuple[str, str]]:
    return [(oddity.task, oddity.what) for oddity in found.oddities]


def said(found: Imported, *words: str) -> bool:
    return any(all(word in f"{o.file} {o.task} {o.what}" for word in words) for o in found.oddities)
