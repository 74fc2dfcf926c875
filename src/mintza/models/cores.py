"""How many threads an engine should have on a machine that others use too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

STAT = Path("/proc/stat")
SMT = Path("/sys/devices/system/cpu/smt/active")
LOOKED_FOR_S = 0.25


class Ticks(NamedTuple):
    """Of all cores together since the machine came up. idle: spent waiting.  all: of any kind."""

    idle: int
    all: int


def threads_beside_others(
    cores: int | None = None,
    ticks: Callable[[], Ticks | None] | None = None,
    wait: Callable[[float], None] = time.sleep,
    smt: Path = SMT,
) -> int | None:
    """Threads for the cores that were idle over a quarter of a second, one at least; None where all were, or nobody can tell.

    cores: that this process may use.  An engine whose threads wait for each other in a loop gets nowhere when there are
    more of them than cores to run on: each waits for one that does not run.  Two threads on one core count as one.
    """
    cores = cores or _usable()
    read = ticks or ticks_of
    before = read()
    if cores == 1 or before is None:
        return None
    wait(LOOKED_FOR_S)
    after = read()
    if after is None or after.all <= before.all:
        return None
    idle = (after.idle - before.idle) / (after.all - before.all)
    free = max(1, round(cores * idle))
    return min(free, max(1, cores // _threads_a_core(smt))) if free < cores else None


def ticks_of(stat: Path = STAT) -> Ticks | None:
    """What Linux counts; None on another system."""
    try:
        name, *counts = stat.read_text(encoding="ascii").split("\n", 1)[0].split()
        # user, nice, system, idle, iowait, irq, softirq, steal: guests are counted in user already.
        spent = [int(count) for count in counts[:8]]
    except (OSError, ValueError):
        return None
    return Ticks(spent[3] + spent[4], sum(spent)) if name == "cpu" and len(spent) >= 5 else None


def _usable() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _threads_a_core(smt: Path) -> int:
    """Two where cores run two threads each, as Linux says; one where nobody says."""
    try:
        return 2 if smt.read_text(encoding="ascii").strip() == "1" else 1
    except OSError:
        return 1
