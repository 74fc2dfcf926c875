"""Work that takes long to import, and longer to do: for tests that kill whoever asked for it. Says in a folder how far it is."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tasks import in_worker

MARKS = Path(os.environ.get("MARKS", "."))
SLOW = os.environ.get("SLOW", "")


def _mark(what: str) -> None:
    (MARKS / f"{what}-{os.getpid()}").touch()


if SLOW and in_worker():
    _mark("importing")
    if SLOW == "importing":
        time.sleep(60)


def busy() -> Callable[[int], int]:
    """Works on each number for a minute."""
    return partial(_busy, time.monotonic() + 60)


def _busy(until: float, number: int) -> int:
    _mark("working")
    while time.monotonic() < until:
        number += 1
    return number
