"""What many files hold, worked out once: until one of them changes, it is remembered."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol

SETTLED = 60.0  # seconds
_NAME = "content-of-files"


class Memo(Protocol):
    """Keeps small values by what they were worked out of."""

    def find(self, name: str, *of: str) -> object | None:
        """What was remembered under a name of these, None when nothing was."""
        ...

    def remember(self, value: object, name: str, *of: str) -> None:
        """Keep it, if it can be kept."""
        ...


class _State(NamedTuple):
    """digest: of what the file system says of each file.  changed: when it last changed one of them, seconds since 1970."""

    digest: str
    changed: float


def remembered(work: Callable[[], tuple[str, bool]], files: Sequence[Path], memo: Memo | None, *of: str) -> str:
    """What `work` gives, which reads these files; not asked while size, times, number and device of each are what they were.

    work: also gives whether it could read them all: what one cannot read now, or may not, another can.
    of: all else that it depends on. Nothing is kept of files that were changed in the last minute: whoever writes to one again within one
    tick of the file system's clock would not be seen. The time of a file's last change cannot be set back, as that of its
    content can. Source of the rule: git's index ("racy git").
    """
    before = None if memo is None else _state(files)
    if memo is None or before is None:
        return work()[0]
    found = memo.find(_NAME, *of, before.digest)
    if isinstance(found, str):
        return found
    began = time.time()
    value, whole = work()
    if whole and _state(files) == before and before.changed < began - SETTLED:
        memo.remember(value, _NAME, *of, before.digest)
    return value


def _state(files: Sequence[Path]) -> _State | None:
    """None when one of them is not there."""
    digest = hashlib.sha256()
    changed = 0.0
    for path in files:
        try:
            now = path.stat()
        except OSError:
            return None
        told = (now.st_dev, now.st_ino, now.st_size, now.st_mtime_ns, now.st_ctime_ns)
        digest.update(f"{str(path)!a}\t{told}\n".encode())
        changed = max(changed, now.st_ctime, now.st_mtime)
    return _State(digest.hexdigest(), changed)
