"""Work for workers: a worker imports it by name, so that it lies where every test finds it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable

from mintza.errors import BadInput


def failing() -> Callable[[int], int]:
    """Gives numbers back, but for 3 (bad input), 5 (is killed) and 7 (the disk is full)."""

    def work(number: int) -> int:
        if number == 3:
            raise BadInput("three", place="here", remedy="none")
        if number == 5:
            os.kill(os.getpid(), signal.SIGKILL)
        if number == 7:
            raise OSError(errno.ENOSPC, "full", "there")
        return number

    return work
