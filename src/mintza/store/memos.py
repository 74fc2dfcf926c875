"""Numbers that were worked out of an artifact and can be again: kept so that nobody waits for them twice."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

from mintza.errors import StoreError
from mintza.store.disk import write_durably


class Memos:
    """Small JSON files by what they were worked out of; one that is missing or spoiled is only worked out again."""

    def __init__(self, root: Path) -> None:
        self._folder = root / "memos"

    def find(self, name: str, *of: str) -> object | None:
        """What was remembered under a name of these, None when nothing was."""
        try:
            return json.loads(self._path(name, of).read_bytes())  # type: ignore[no-any-return]
        except (OSError, ValueError):
            return None

    def remember(self, value: object, name: str, *of: str) -> None:
        """Keep it, where it can be written: on a store of somebody else, or a full one, it is worked out again each time."""
        path = self._path(name, of)
        with contextlib.suppress(OSError, StoreError):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_durably(path, json.dumps(value).encode())

    def _path(self, name: str, of: tuple[str, ...]) -> Path:
        return self._folder / f"{name}-{hashlib.sha256(json.dumps(of).encode()).hexdigest()[:24]}.json"
