"""What no study of a store refers to any more."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mintza.errors import Held, StudyError
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys
from mintza.records import Artifact
from mintza.store import Store
from mintza.store.store import KEY_DIGITS, size_of
from mintza.study import Study, load


@dataclass(frozen=True)
class Unneeded:
    """artifacts, workspaces: that no study needs.  size: bytes.  gone: studies that were run here and whose file is gone."""

    store: Store
    artifacts: tuple[Artifact, ...]
    workspaces: tuple[Path, ...]
    size: int
    gone: tuple[Path, ...]


def unneeded(studies: Sequence[Study]) -> Unneeded:
    """What neither these studies nor any other that was run on their store would use. Journals are never listed."""
    store = Store(studies[0].store)
    others = [path for path in store.registered() if path not in {study.path for study in studies}]
    everyone = [*studies, *(load(path) for path in others if path.exists())]
    needed = {f"{_stage(plan_id)}-{key[:KEY_DIGITS]}" for study in everyone for plan_id, key in _keys(study).items()}
    artifacts = tuple(a for a in store.artifacts() if f"{a.stage}-{a.key[:KEY_DIGITS]}" not in needed)
    folder = store.root / "workspaces"
    workspaces = tuple(p for p in sorted(folder.glob("*")) if p.name not in needed) if folder.exists() else ()
    size = sum(size_of(store.folder(a.stage, a.key)) for a in artifacts) + sum(size_of(path) for path in workspaces)
    return Unneeded(store, artifacts, workspaces, size, tuple(path for path in others if not path.exists()))


def remove(found: Unneeded) -> None:
    """Remove it. Raises Held while a run uses the store."""
    try:
        with found.store.lock_whole(shared=False):
            for artifact in found.artifacts:
                found.store.remove(artifact)
            for workspace in found.workspaces:
                shutil.rmtree(workspace, ignore_errors=True)
    except Held as error:
        raise StudyError("a run uses the store now", place=error.place, remedy="wait until it is done") from None


def _keys(study: Study) -> dict[str, str]:
    return keys(make_plan(study))


def _stage(node: str) -> str:
    return node.partition("/")[0]
