"""Work for workers: a worker imports it by name, so that it lies where every test finds it. What it does to the worker itself
(being killed) it does in workers alone, and not in the process of the test, which works too."""

from __future__ import annotations

import errno
import os
import signal
import sys
import time
from collections.abc import Callable

from mintza.errors import BadInput


def in_worker() -> bool:
    """Whether this process was started to work: it has no program of its own."""
    return not hasattr(sys.modules["__main__"], "__file__")


def slowly() -> Callable[[int], tuple[int, int]]:
    """Gives numbers back, after a moment, with the process that did it."""

    def work(number: int) -> tuple[int, int]:
        time.sleep(0.02)
        return number, os.getpid()

    return work


def failing() -> Callable[[int], int]:
    """Gives numbers back, but for 3 (bad input), 5 (is killed, in a worker) and 7 (the disk is full)."""

    def work(number: int) -> int:
        if number == 3:
            raise BadInput("three", place="here", remedy="none")
        if number == 5:
            if in_worker():
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(0.05)  # the worker takes the next
        if number == 7:
            raise OSError(errno.ENOSPC, "full", "there")
        return number

    return work
