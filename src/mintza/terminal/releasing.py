"""release and verify: what each prints."""

from __future__ import annotations

from pathlib import Path

from mintza.errors import BadInput, StudyError
from mintza.pipeline.plan import make_plan
from mintza.release.manifest import MANIFEST, read_manifest
from mintza.release.pushing import push as pushed
from mintza.release.taken_down import faults_of as taken_down
from mintza.release.verify import verify as faults_of
from mintza.release.writing import release as written
from mintza.report.words import counted
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
        if verify(out, study):
            raise BadInput(
                "this release is not as it should be, and is not uploaded",
                place=str(out),
                remedy="make it anew, in another folder",
            )
        manifest = read_manifest(out)
    else:
        store = Store(plan.study.store)
        manifest = written(plan, store, out, _say)
        store.register_release(out.resolve())
    _say(
        f"{manifest.name} {manifest.version}: {counted(len(manifest.models), 'model')}, {counted(len(manifest.files), 'file')} in {out}"
    )
    if not push or settings.hub is None:
        _say(f"next: mintza verify {out}")
        return
    for address in pushed(manifest, out, settings.hub, public=settings.public, say=_say):
        _say(f"whole at {address}")


def verify(folder: Path, study: Path | None = None) -> int:
    """A line a fault; 1 when there is one. study: whose requests to take texts down it must have heeded."""
    faults = list(faults_of(folder))
    faults += taken_down(folder, load(study).path) if study else ()
    for fault in faults:
        _say(f"{fault.kind}: {fault.path}: {fault.what}")
    report = ", the report" if (folder / "results" / "report").is_dir() else ""
    heeded = ", the requests to take texts down" if study else ""
    _say(
        counted(len(faults), "fault")
        if faults
        else f"whole: hashes, lineage, the numbers in the cards, the tables{report}{heeded}"
    )
    return 1 if faults else 0


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
