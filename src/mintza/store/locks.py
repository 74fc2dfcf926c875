"""Who holds what: an advisory lock a key, released by the kernel when its holder dies."""

from __future__ import annotations

import fcntl
import json
import os
import socket
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import IO

from mintza.errors import Held
from mintza.store.disk import explained

POLL_SECONDS = 0.5


class Lock:
    """A lock on one name of the store. Used as a context manager.

    shared: many may hold it so, none while somebody holds it alone.  waiting: called once with a sentence when somebody
    else holds it, before waiting; None: do not wait, raise Held.
    """

    def __init__(
        self,
        path: Path,
        what: str,
        *,
        shared: bool = False,
        waiting: Callable[[str], None] | None = None,
    ) -> None:
        self._path = path
        self._what = what
        self._mode = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._waiting = waiting
        self._file: IO[str] | None = None

    def __enter__(self) -> Lock:
        with explained(self._path):
            self._file = self._path.open("a+", encoding="utf-8")
        self._acquire(self._file)
        if self._mode == fcntl.LOCK_EX:
            self._sign(self._file)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _acquire(self, file: IO[str]) -> None:
        said = False
        while True:
            try:
                fcntl.flock(file, self._mode | fcntl.LOCK_NB)
            except BlockingIOError:
                sentence = f"{self._what} is held by {_holder(file)}"
                if self._waiting is None:
                    file.close()
                    raise Held(
                        sentence, place=str(self._path), remedy="wait until it is done, then run again"
                    ) from None
                if not said:
                    self._waiting(f"{sentence}: waiting")
                    said = True
                time.sleep(POLL_SECONDS)
            else:
                return

    def _sign(self, file: IO[str]) -> None:
        with explained(self._path):
            file.seek(0)
            file.truncate()
            since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
            file.write(json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "since": since}))
            file.flush()


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        signed = json.loads(file.read())
        return f"process {signed['pid']} on {signed['host']} since {signed['since']}"
    except (ValueError, KeyError):
        return "another process"
