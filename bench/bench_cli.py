"""How fast the command line is: `--help`, `check`, and a second run that has nothing to do, beside a bare Python start.

Each is the best of some runs, and a ratio to `python -c pass` measured in the same minutes, since machines are shared. Python keeps
its bytecode, as everywhere but where PYTHONDONTWRITEBYTECODE is set: without it every start compiles two hundred files again.
"""

from __future__ import annotations

import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
MINTZA = Path(sys.executable).parent / "mintza"
RUNS = 7
TARGETS = {"--help": 0.3, "check": 0.5, "second run": 10.0}


class Spent(NamedTuple):
    """Seconds of the clock, and of the processor."""

    seconds: float
    cpu: float


def best(command: list[str], environment: dict[str, str], runs: int = RUNS) -> Spent:
    """Of the fastest of some runs, after one that leaves its bytecode; the exit code does not matter."""
    found = []
    for _ in range(runs + 1):
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False, env=environment)
        took, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(Spent(took, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime))
    return Spent(*(min(column) for column in zip(*found[1:], strict=True)))


def main() -> None:
    """Print the table, as it goes to docs/log.md."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory() as bytecode:
        kept["PYTHONPYCACHEPREFIX"] = bytecode
        bare = best([sys.executable, "-c", "pass"], kept)
        rows = {
            "--help": best([str(MINTZA), "--help"], kept),
            "check": best([str(MINTZA), "check", "studies/demo.yaml"], kept),
            "plan": best([str(MINTZA), "plan", "studies/demo.yaml"], kept, 3),
        }
        if (ROOT / ".mintza-store" / "reports" / "demo").exists():
            rows["second run"] = best([str(MINTZA), "run", "studies/demo.yaml"], kept, 3)
    print(f"Python {platform.python_version()}, {platform.machine()}; a bare `python -c pass`: {bare.seconds:.3f} s\n")
    print("| command | seconds | of processor time | times a bare start | target |\n|---|---|---|---|---|")
    for name, spent in rows.items():
        target = f"{TARGETS[name]} s" if name in TARGETS else ""
        print(f"| {name} | {spent.seconds:.3f} | {spent.cpu:.3f} | {spent.seconds / bare.seconds:.1f} | {target} |")


if __name__ == "__main__":
    main()
