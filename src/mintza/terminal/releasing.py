"""release and verify: what each prints."""

from __future__ import annotations

from pathlib import Path

from mintza.errors import BadInput, StudyError
from mintza.pipeline.plan import make_plan
from mintza.release.manifest import MANIFEST, read_manifest
from mintza.release.pushing import push as pushed
from mintza.release.verify import verify as faults_of
from mintza.release.writing import release as written
from mintza.store import Store
from mintza.study import load
from mintza.terminal.verbs import console


def release(study: Path, out: Path, push: bool) -> None:
    """Write the release and say what is in it. push: upload it too; one that is there already is looked at and uploaded."""
    plan = make_plan(load(study))
    settings = plan.study.settings.release
    if push and settings.hub is None:
        raise StudyError(
            "the study does not say under whose name to upload", place=str(study), remedy="add `release: {hub: NAME}`"
        )
    if push and (out / MANIFEST).exists():
        if verify(out):
            raise BadInput("this release is not whole, and is not uploaded", place=str(out), remedy="make it anew")
        manifest = read_manifest(out)
    else:
        store = Store(plan.study.store)
        manifest = written(plan, store, out, _say)
        store.register_release(out.resolve())
    _say(f"{manifest.name} {manifest.version}: {len(manifest.models)} models, {len(manifest.files)} files in {out}")
    if not push or settings.hub is None:
        _say(f"next: mintza verify {out}")
        return
    for address in pushed(manifest, out, settings.hub, public=settings.public, say=_say):
        _say(f"whole at {address}")


def verify(folder: Path) -> int:
    """A line a fault; 1 when there is one."""
    faults = list(faults_of(folder))
    for fault in faults:
        _say(f"{fault.kind}: {fault.path}: {fault.what}")
    _say(f"{len(faults)} faults" if faults else "whole: hashes, lineage, the numbers in the cards, the tables")
    return 1 if faults else 0


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
