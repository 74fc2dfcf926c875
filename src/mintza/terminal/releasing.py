"""release and verify: what each prints."""

from __future__ import annotations

from pathlib import Path

from mintza.pipeline.plan import make_plan
from mintza.release.verify import verify as faults_of
from mintza.release.writing import release as written
from mintza.store import Store
from mintza.study import load
from mintza.terminal.verbs import console


def release(study: Path, out: Path) -> None:
    """Write the release and say what is in it."""
    plan = make_plan(load(study))
    manifest = written(plan, Store(plan.study.store), out, _say)
    _say(f"{manifest.name} {manifest.version}: {len(manifest.models)} models, {len(manifest.files)} files in {out}")
    _say(f"next: mintza verify {out}")


def verify(folder: Path) -> int:
    """A line a fault; 1 when there is one."""
    faults = list(faults_of(folder))
    for fault in faults:
        _say(f"{fault.kind}: {fault.path}: {fault.what}")
    _say(f"{len(faults)} faults" if faults else "whole: hashes, lineage, the numbers in the cards, the tables")
    return 1 if faults else 0


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
