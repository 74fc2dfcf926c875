"""gc: what no study refers to any more; asks first."""

from __future__ import annotations

from pathlib import Path

import click
from rich.console import Console

from mintza.errors import StudyError
from mintza.pipeline.tidy import Unneeded, remove, unneeded
from mintza.study import load

console = Console(highlight=False)


def gc(studies: tuple[Path, ...], yes: bool) -> None:
    """List what is not needed, ask, remove it."""
    loaded = [load(path) for path in studies]
    stores = {study.store for study in loaded}
    if len(stores) > 1:
        raise StudyError("these studies have different stores", remedy="run `mintza gc` for one store at a time")
    found = unneeded(loaded)
    if not found.artifacts and not found.workspaces:
        console.print("everything in the store is needed")
        return
    _list(found)
    if yes or click.confirm(f"remove {_size(found.size)}?"):
        remove(found)
        console.print(f"removed {_size(found.size)}")


def _list(found: Unneeded) -> None:
    for path in found.gone:
        console.print(f"the study {path} is not there any more: what only it needs is listed", markup=False)
    for artifact in found.artifacts:
        name = f"{artifact.stage}/{artifact.cell}" if artifact.cell else artifact.stage
        console.print(f"  {name}  {artifact.key[:12]}  finished {artifact.finished_at}", markup=False)
    for workspace in found.workspaces:
        console.print(f"  unfinished: {workspace.name}", markup=False)


def _size(count: int) -> str:
    size = float(count)
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
