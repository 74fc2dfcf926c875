"""Being asked to stop: SIGTERM (a machine goes down, a job is cancelled) and SIGUSR1 (Slurm's warning before the time limit)."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGTERM, signal.SIGUSR1)


@contextmanager
def listening() -> Iterator[Callable[[], bool]]:
    """While this lasts, the signals end nothing: the function that it gives says whether one has come.

    Outside a program's main thread Python hears no signals, and it says no for ever.
    """
    heard = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield heard.is_set
        return

    def hear(number: int, frame: FrameType | None) -> None:
        heard.set()

    before = {number: signal.signal(number, hear) for number in SIGNALS}
    try:
        yield heard.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
