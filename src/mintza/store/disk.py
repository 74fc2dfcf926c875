"""Writing that survives a kill: fsync, rename, and errors of the disk said in words."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mintza.durable import sync_path
from mintza.errors import StoreError

CHUNK = 1 << 20


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn an OSError below into a StoreError that names `path` and the remedy."""
    try:
        yield
    except OSError as error:
        raise StoreError(_cause(error), place=str(error.filename or path), remedy=_remedy(error)) from error


def _cause(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "the disk is full"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "the store cannot be written"
    return error.strerror or str(error)


def _remedy(error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "free room (`mintza gc` drops what no study needs) and run again: what is complete is kept"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return "give write permission, or name another folder as `execution: {store: FOLDER}` in the study"
    return "look at the path; run again when it is in order: what is complete is kept"


def write_durably(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: temporary name, fsync, rename, fsync of the folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    with explained(path):
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_path(path.parent)


def fsync_tree(folder: Path) -> None:
    """Make every file and name below `folder` durable."""
    for root, _, names in os.walk(folder):
        for name in names:
            sync_path(Path(root) / name)
        sync_path(Path(root))


def sha256_of_file(path: Path) -> str:
    """Hex sha256 of a file's content, read in pieces."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
    return digest.hexdigest()


def remove_tree(folder: Path) -> None:
    """Remove a folder as one step: renamed first, so that a kill in the middle leaves nothing that looks whole."""
    if not folder.exists():
        return
    with explained(folder):
        trash = folder.with_name(f".trash-{folder.name}-{os.getpid()}")
        shutil.rmtree(trash, ignore_errors=True)
        folder.rename(trash)
        shutil.rmtree(trash)
