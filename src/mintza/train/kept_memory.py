"""Memory that is freed stays with the process while it trains: the next step takes it again instead of asking the system for it."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count

TRIM_THRESHOLD, TOP_PAD, MMAP_THRESHOLD, MMAP_MAX = -1, -2, -3, -4
"""Names of mallopt(3)."""
MEGABYTE = 1 << 20
EVERY = 8
"""Steps after which what is free is given back meanwhile: pieces of many sizes leave more holes with each step (decision 0255)."""
KEPT = ((MMAP_MAX, 0), (TRIM_THRESHOLD, (1 << 31) - 1), (TOP_PAD, 64 * MEGABYTE))
GIVEN_BACK = ((MMAP_MAX, 65536), (MMAP_THRESHOLD, 32 * MEGABYTE), (TRIM_THRESHOLD, 64 * MEGABYTE), (TOP_PAD, 128 << 10))
"""About what glibc comes to by itself in a process that takes and frees large pieces."""


@contextmanager
def freed_memory_kept() -> Iterator[Callable[[], None]]:
    """While this lasts, glibc's malloc asks the system for no large piece anew; before and afterwards what is free is given back.

    A step frees and takes gigabytes; each page that comes anew from the system is cleared by it first, which took a quarter of the
    processor's time. Gives what is to be called after each step. Where there is no glibc nothing happens.
    """
    library = ctypes.CDLL(None)
    set_, trim = (getattr(library, name, None) for name in ("mallopt", "malloc_trim"))
    if set_ is None or trim is None:
        yield lambda: None
        return
    trim(0)  # what came before leaves holes that the pieces of a step do not fit
    for name, value in KEPT:
        set_(name, value)
    steps = count(1)

    def stepped() -> None:
        if next(steps) % EVERY == 0:
            trim(0)

    try:
        yield stepped
    finally:
        for name, value in GIVEN_BACK:
            set_(name, value)
        trim(0)
