"""The store: artifacts by key, their locks, workspaces and journals."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import msgspec

from mintza.errors import StoreError
from mintza.records import Artifact, ModelRef, Record
from mintza.store.disk import explained, remove_tree, write_durably
from mintza.store.locks import Lock
from mintza.store.shards import read_shards
from mintza.store.writer import MANIFEST, Description, Writer

R = TypeVar("R", bound=Record)
KEY_DIGITS = 20


class Store:
    """A folder that holds every artifact of one or more studies.

    artifacts/STAGE/KEY/: shards, files/, manifest.json.  workspaces/KEY/: what a stage has under way and resumes from.
    journals/MODEL@REVISION/: answers of models.  locks/.  studies.json, releases.json, cards.json: the study files that were
    run here, and the folders that releases and cards of corpora were written into.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def prepare(self) -> None:
        """Make the store's folders. Raises StoreError where they cannot be written."""
        with explained(self.root):
            for name in ("artifacts", "workspaces", "journals", "locks", "temporary"):
                (self.root / name).mkdir(parents=True, exist_ok=True)
            probe = self.root / "temporary" / ".probe"
            probe.write_bytes(b"")
            probe.unlink()

    def folder(self, stage: str, key: str) -> Path:
        """Where an artifact lies, or would."""
        return self.root / "artifacts" / stage / key[:KEY_DIGITS]

    def files(self, artifact: Artifact) -> Path:
        """The folder of an artifact's files."""
        return self.folder(artifact.stage, artifact.key) / "files"

    def find(self, stage: str, key: str) -> Artifact | None:
        """The manifest of a complete artifact, None when there is none. Raises StoreError when it is spoiled."""
        return _manifest(self.folder(stage, key) / MANIFEST)

    def artifacts(self) -> Iterator[Artifact]:
        """Every complete artifact, in the order of stage and key."""
        for path in sorted((self.root / "artifacts").glob(f"*/*/{MANIFEST}")):
            if not path.parent.name.startswith("."):
                manifest = _manifest(path)
                if manifest is not None:
                    yield manifest

    def read(self, artifact: Artifact, kind: type[R]) -> Iterator[R]:
        """The records of one type, in order."""
        return read_shards(self.folder(artifact.stage, artifact.key), kind)

    def writer(self, description: Description) -> Writer:
        """A writer for one artifact; its lock must be held."""
        temporary = self.root / "temporary" / f"{description.stage}-{description.key[:KEY_DIGITS]}"
        return Writer(self.folder(description.stage, description.key), temporary, description)

    def lock(self, stage: str, key: str, what: str, waiting: Callable[[str], None] | None) -> Lock:
        """The lock of one artifact, made or not yet made."""
        return Lock(self.root / "locks" / f"{stage}-{key[:KEY_DIGITS]}.lock", what, waiting=waiting)

    def lock_share(self, stage: str, key: str, share: int, what: str, waiting: Callable[[str], None] | None) -> Lock:
        """The lock of one share of the requests of an artifact."""
        return Lock(self.root / "locks" / f"{stage}-{key[:KEY_DIGITS]}.share{share}.lock", what, waiting=waiting)

    def lock_whole(self, *, shared: bool, waiting: Callable[[str], None] | None = None) -> Lock:
        """The lock of the whole store: shared by runs, alone for what removes artifacts."""
        return Lock(self.root / "locks" / "store.lock", "the store", shared=shared, waiting=waiting)

    def workspace(self, stage: str, key: str) -> Path:
        """A folder that stays until the artifact is sealed; a stage finds there what it left when it was killed."""
        folder = self.root / "workspaces" / f"{stage}-{key[:KEY_DIGITS]}"
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def drop_workspace(self, stage: str, key: str) -> None:
        """Remove a workspace whose artifact is sealed."""
        shutil.rmtree(self.root / "workspaces" / f"{stage}-{key[:KEY_DIGITS]}", ignore_errors=True)

    def journal_folder(self, model: ModelRef) -> Path:
        """Where the answers of a model at a revision are journalled, whatever asks."""
        name = re.sub(r"[^A-Za-z0-9._-]+", "_", f"{model.name}@{model.revision[:KEY_DIGITS]}")
        folder = self.root / "journals" / name
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder

    def journal_folders(self) -> list[Path]:
        """The folders of all journals."""
        return sorted(path for path in (self.root / "journals").glob("*") if path.is_dir())

    def served_file(self, revision: str) -> Path:
        """Where a checkpoint's file for serving lies, or would. It can be made again at any time."""
        folder = self.root / "served"
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{revision[:KEY_DIGITS]}.gguf"

    def tokenizer_folder(self, revision: str) -> Path:
        """Where the tokenizer of a model file lies, or would, in the form that opens fast. It can be made again at any time."""
        folder = self.root / "tokenizers"
        with explained(folder):
            folder.mkdir(parents=True, exist_ok=True)
        return folder / revision[:KEY_DIGITS]

    def remove(self, artifact: Artifact) -> int:
        """Remove an artifact whole, and the file that it was served from; gives the bytes that came free."""
        folder = self.folder(artifact.stage, artifact.key)
        size = size_of(folder)
        remove_tree(folder)
        served = self.served_from(artifact)
        if served is not None:
            size += served.stat().st_size
            served.unlink()
        return size

    def served_from(self, artifact: Artifact) -> Path | None:
        """The file that the model in an artifact was last served from; None when it never was."""
        path = self.root / "served" / f"{artifact.content_sha256[:KEY_DIGITS]}.gguf"
        return path if path.exists() else None

    def register(self, study: Path) -> None:
        """Remember that a study file uses this store, so that `gc` keeps what it needs."""
        self._remember("studies.json", study)

    def registered(self) -> tuple[Path, ...]:
        """The study files that were run on this store."""
        return self._remembered("studies.json")

    def register_release(self, folder: Path) -> None:
        """Remember that a release was written into a folder, so that a take-down can name it."""
        self._remember("releases.json", folder)

    def releases(self) -> tuple[Path, ...]:
        """The folders that releases were written into; some may not be there any more."""
        return self._remembered("releases.json")

    def register_card(self, folder: Path) -> None:
        """Remember that a corpus's card was written into a folder elsewhere, since it quotes documents."""
        self._remember("cards.json", folder)

    def cards(self) -> tuple[Path, ...]:
        """The folders elsewhere that cards were written into; some may not be there any more."""
        return self._remembered("cards.json")

    def _remember(self, name: str, path: Path) -> None:
        known = self._remembered(name)
        if path not in known:
            names = sorted({str(one) for one in (*known, path)})
            write_durably(self.root / name, json.dumps(names, indent=1).encode())

    def _remembered(self, name: str) -> tuple[Path, ...]:
        try:
            with explained(self.root / name):
                names = msgspec.json.decode((self.root / name).read_bytes(), type=list[str])
        except StoreError as error:
            if isinstance(error.__cause__, FileNotFoundError | NotADirectoryError):
                return ()
            raise
        except msgspec.DecodeError as error:
            raise StoreError(
                f"the list of {Path(name).stem} is spoiled",
                place=str(self.root / name),
                remedy="remove the file; what is run or released next is written again",
            ) from error
        return tuple(Path(name) for name in names)


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def _manifest(path: Path) -> Artifact | None:
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise StoreError(str(error.strerror), place=str(path), remedy="make the store readable") from error
    try:
        return msgspec.json.decode(content, type=Artifact)
    except msgspec.DecodeError as error:
        raise StoreError(
            f"the manifest is spoiled ({error})",
            place=str(path),
            remedy=f"remove the folder {path.parent} and run again",
        ) from error
