"""The report on a study as large as the reference's: seconds, peak memory, size of the page. `bench_report.py [ITEMS [FOLDER]]`."""

from __future__ import annotations

import hashlib
import resource
import sys
import tempfile
import time
from pathlib import Path

from arena_study import study

from mintza.report.settings import ReportSettings
from mintza.report.stage import report


def main(items: int, folder: Path) -> None:
    begun = time.perf_counter()
    material = study(items=items)
    held = time.perf_counter()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    findings = list(report(ReportSettings(), material, workspace=folder))
    took = time.perf_counter() - held
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sizes = {
        name: sum(path.stat().st_size for path in (folder / name).rglob("*") if path.is_file())
        for name in ("tables", "figures", "browse")
    }
    votes = len(material.arena.battles) if material.arena else 0
    page = folder / "index.html"
    print(
        f"{len(material.models)} models x {len({m.exam for m in material.measurements})} exams x {items} items, {votes:,} battles"
    )
    print("| what | measured | target |\n|---|---|---|")
    print(f"| report | {took:.1f} s | 60 s |")
    print(f"| peak memory, material ({before / 1e6:.2f} GB) included | {peak / 1e6:.2f} GB | 2 GB |")
    print(f"| index.html | {page.stat().st_size / 1e6:.2f} MB | 5 MB |")
    for name, size in sizes.items():
        print(f"| {name}/ | {size / 1e6:.1f} MB | |")
    print(
        f"findings {len(findings)}; page {hashlib.sha256(page.read_bytes()).hexdigest()[:16]}; material made in {held - begun:.1f} s"
    )


if __name__ == "__main__":
    size = int(sys.argv[1]) if len(sys.argv) > 1 else 500
    if len(sys.argv) > 2:
        Path(sys.argv[2]).mkdir(parents=True, exist_ok=True)
        main(size, Path(sys.argv[2]))
    else:
        with tempfile.TemporaryDirectory() as somewhere:
            main(size, Path(somewhere))
