"""How fast the command line is: `--help`, `check`, and a second run that has nothing to do, beside a bare Python start.

Each is the best of some runs, and a ratio to `python -c pass` measured in the same minutes, since machines are shared.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
MINTZA = Path(sys.executable).parent / "mintza"
RUNS = 7
TARGETS = {"--help": 0.3, "check": 0.5, "second run": 10.0}


def best(command: list[str], runs: int = RUNS) -> float:
    """Seconds of the fastest of some runs; the exit code does not matter."""
    times = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, cwd=ROOT, capture_output=True, check=False)
        times.append(time.perf_counter() - began)
    return min(times)


def main() -> None:
    """Print the table, as it goes to docs/log.md."""
    bare = best([sys.executable, "-c", "pass"])
    rows = {
        "--help": best([str(MINTZA), "--help"]),
        "check": best([str(MINTZA), "check", "studies/demo.yaml"]),
        "plan": best([str(MINTZA), "plan", "studies/demo.yaml"], 3),
    }
    if (ROOT / ".mintza-store" / "reports" / "demo").exists():
        rows["second run"] = best([str(MINTZA), "run", "studies/demo.yaml"], 3)
    print(f"Python {platform.python_version()}, {platform.machine()}; a bare `python -c pass`: {bare:.3f} s\n")
    print("| command | seconds | times a bare start | target |\n|---|---|---|---|")
    for name, seconds in rows.items():
        target = f"{TARGETS[name]} s" if name in TARGETS else ""
        print(f"| {name} | {seconds:.3f} | {seconds / bare:.1f} | {target} |")


if __name__ == "__main__":
    main()
