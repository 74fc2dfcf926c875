"""Making an artifact: written to a temporary folder, fsynced, renamed, its manifest last."""

from __future__ import annotations

import hashlib
import shutil
import time
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from mintza.durable import sync_path
from mintza.records import Artifact, Parent, Record, Verdict, VerdictCount
from mintza.store.disk import explained, fsync_tree, remove_tree, sha256_of_file, write_durably
from mintza.store.shards import ShardWriter

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Description:
    """What is known of an artifact before it is made; fields as in Artifact."""

    key: str
    stage: str
    cell: str | None
    parents: tuple[Parent, ...]
    settings: dict[str, Any]
    revision: int
    libraries: dict[str, str]
    execution: dict[str, Any]
    commit: str | None


class Writer:
    """Takes records one by one and seals them as an artifact.

    What is not sealed leaves nothing that could be taken for complete. clock: seconds since the epoch.
    It writes in a folder of its own, `temporary` with a random part added: a process that was given up for dead
    and still writes (an orphan on a cluster) finds its folder gone, and cannot spoil what is made in its place.
    """

    def __init__(
        self, final: Path, temporary: Path, description: Description, clock: Callable[[], float] = time.time
    ) -> None:
        self._final = final
        self._temporary = temporary.with_name(f"{temporary.name}.{uuid.uuid4().hex[:12]}")
        self._description = description
        self._clock = clock
        self._started = clock()
        self._shards: dict[str, ShardWriter] = {}
        self._verdicts: Counter[tuple[str, str, bool, str]] = Counter()
        with explained(temporary):
            for left in (temporary, *temporary.parent.glob(f"{temporary.name}.*")):
                shutil.rmtree(left, ignore_errors=True)
            self._temporary.mkdir(parents=True)

    def add(self, record: Record) -> None:
        """File one record; verdicts are counted, and filed only where something was dropped."""
        if isinstance(record, Verdict):
            self._verdicts[(record.step, record.unit, record.kept, record.reason)] += 1
            if record.kept:
                return
        name = type(record).__name__
        with explained(self._temporary):
            if name not in self._shards:
                self._shards[name] = ShardWriter(self._temporary, name)
            self._shards[name].add(record)

    def seal(self, workspace: Path | None = None, keep: Sequence[str] = ()) -> Artifact:
        """Make the artifact complete, with what `keep` names in `workspace` as its files. Gives its manifest."""
        with explained(self._temporary):
            hashes = {name: shards.close() for name, shards in sorted(self._shards.items())}
            files = self._take_files(workspace, keep) if workspace else {}
            fsync_tree(self._temporary)
            manifest = self._manifest(hashes, files)
            self._put_in_place()
        write_durably(self._final / MANIFEST, msgspec.json.format(msgspec.json.encode(manifest), indent=1))
        return manifest

    def abandon(self) -> None:
        """Drop what was not sealed."""
        for shards in self._shards.values():
            with suppress(OSError):
                shards.close()
        shutil.rmtree(self._temporary, ignore_errors=True)

    def _put_in_place(self) -> None:
        """Rename the folder to its final name; what lay there goes only once that has worked."""
        self._final.parent.mkdir(parents=True, exist_ok=True)
        replaced = self._temporary.with_name(f"{self._temporary.name}.replaced")
        if self._final.exists():
            self._final.rename(replaced)
        try:
            self._temporary.rename(self._final)
        except OSError:
            if replaced.exists():
                replaced.rename(self._final)
            raise
        sync_path(self._final.parent)
        remove_tree(replaced)

    def _take_files(self, workspace: Path, keep: Sequence[str]) -> dict[str, str]:
        folder = self._temporary / "files"
        folder.mkdir()
        for name in keep:
            if (workspace / name).exists():
                (workspace / name).rename(folder / name)
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder).as_posix(): sha256_of_file(path) for path in paths}

    def _manifest(self, hashes: dict[str, str], files: dict[str, str]) -> Artifact:
        content = hashlib.sha256(msgspec.json.encode([sorted(hashes.items()), sorted(files.items())])).hexdigest()
        d = self._description
        return Artifact(
            key=d.key,
            stage=d.stage,
            cell=d.cell,
            records={name: shards.count for name, shards in sorted(self._shards.items()) if name != "Verdict"},
            content_sha256=content,
            files=files,
            parents=d.parents,
            settings=d.settings,
            revision=d.revision,
            libraries=d.libraries,
            execution=d.execution,
            verdicts=tuple(
                VerdictCount(step=step, unit=unit, kept=kept, reason=reason, count=count)
                for (step, unit, kept, reason), count in self._verdicts.items()
            ),
            commit=d.commit,
            finished_at=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(self._clock())),
            seconds=round(self._clock() - self._started, 3),
        )
