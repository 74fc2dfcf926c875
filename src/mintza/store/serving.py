"""Who serves a model, and where: one small file a process, there while it serves. Whoever may read the store's owner's files may ask."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from mintza.store.disk import explained


class Announced(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A process that serves. number: among those of its model.  url: up to and with `/v1`.  key: that it asks for.

    job: what its scheduler calls it.
    """

    number: int
    url: str
    key: str
    job: str


class Announcements:
    """The files of one model. They hold keys, so that only their owner can read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, announced: Announced) -> None:
        """Announce, in place of an earlier process of the same number. Raises StoreError."""
        path = self._path(announced.number)
        coming = path.with_suffix(f".{os.getpid()}")
        with explained(self._folder):
            self._folder.mkdir(parents=True, exist_ok=True)
            coming.touch(0o600)
            with coming.open("wb") as file:
                file.write(msgspec.json.encode(announced))
                file.flush()
                os.fsync(file.fileno())
            coming.rename(path)

    def withdraw(self, announced: Announced) -> None:
        """Take an announcement back, unless another process has the number by now."""
        if self._read(self._path(announced.number)) == announced:
            self._path(announced.number).unlink(missing_ok=True)

    def all(self) -> list[Announced]:
        """By number. A file that cannot be read is none."""
        found = (self._read(path) for path in self._folder.glob("*.json"))
        return sorted((one for one in found if one is not None), key=lambda one: one.number)

    def _path(self, number: int) -> Path:
        return self._folder / f"{number}.json"

    def _read(self, path: Path) -> Announced | None:
        try:
            return msgspec.json.decode(path.read_bytes(), type=Announced)
        except (OSError, msgspec.DecodeError):
            return None
