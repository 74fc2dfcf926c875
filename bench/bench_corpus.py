"""The corpus stage: speed, memory, determinism, kills and planted copies, beside datatrove on the same machine in the same minutes.

CPU-seconds are user and system time of the whole tree of processes, since machines are shared. `--help` lists the sizes.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

from corpus_material import EXACT, HARD, NEAR, planted, varied, write

from mintza.corpus.calibration import write_calibration
from mintza.text.quality import calibrate

ROOT = Path(__file__).parents[1]
HELP = ROOT.parent / "shared" / "data" / "libreoffice_help_eu.jsonl"
PEER = "datatrove[processing,io]==0.10.*"
PARTS = ("speed", "quality", "copies", "same", "kills", "signatures", "peer")
ONLY_COPIES = {"filters": {"personal": None, "language": None, "length": None, "mixing": None}}
Figures = dict[str, Any]


def command(source: Path, workspace: Path, settings: Figures, *, removed: bool = False) -> list[str]:
    """The command of one run."""
    asked = {"input": str(source), "workspace": str(workspace), "settings": settings, "removed": removed}
    return [sys.executable, str(ROOT / "bench" / "corpus_once.py"), json.dumps(asked)]


def once(source: Path, work: Path, settings: Figures, *, removed: bool = False) -> Figures:
    """One run in a workspace of its own; `total` is the CPU time of all its processes."""
    workspace = Path(tempfile.mkdtemp(dir=work))
    done = subprocess.run(
        command(source, workspace, settings, removed=removed), capture_output=True, text=True, check=True
    )
    shutil.rmtree(workspace)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return {**figures, "total": figures["cpu"] + figures["cpu_workers"]}


def workers(count: int, size: int = 4_000_000) -> Figures:
    """Settings for so many workers."""
    return {"execution": {"workers": count, "shard_size": size}}


def spread(values: Iterable[float]) -> str:
    """Their median, and all of them."""
    every = list(values)
    return f"{statistics.median(every):.2f} ({', '.join(f'{one:.2f}' for one in every)})"


def speed(work: Path, megabytes: int, rounds: int) -> Iterator[str]:
    """The whole chain in one process, in two, and on a tenth of the text."""
    size = write(varied(HELP, megabytes), work / "big" / "a.jsonl") / 1e6
    tenth = a_tenth(work, megabytes)
    small = once(work / "tenth", work, workers(1))
    # In turns, since what a shared machine gives changes from minute to minute.
    turns = [[once(work / "big", work, workers(count)) for count in (1, 2)] for _ in range(rounds)]
    shutil.rmtree(work / "big")
    one, two = turns[0]
    ceilings = [apart(work, once(work / "tenth", work, workers(1))["wall"]) for _ in range(rounds)]
    yield f"| whole chain, one process, {size:.0f} MB: MB per CPU-second | {size / one['total']:.2f} | >= 2, stretch 3 |"
    yield f"| the same on {tenth:.0f} MB | {tenth / small['total']:.2f} | |"
    # The one that reads and writes works longest, since it does what cannot be shared.
    longer = spread(one["total"] / two["cpu"] for one, two in turns)
    both = spread(two["total"] / one["total"] for one, two in turns)
    clock = spread(one["wall"] / two["wall"] for one, two in turns)
    yield f"| two processes, {rounds} times in turns: CPU of one over CPU of the longer of two | {longer} | >= 1.8 |"
    yield f"| ... CPU of both over CPU of one | {both} | <= 1.11 |"
    yield f"| ... by the clock (shared machine) | {clock} | >= 1.8 |"
    yield f"| two runs of {tenth:.0f} MB at once that share nothing: what the machine gives to two | {spread(ceilings)} | |"
    different = len({run["sha256"] for turn in turns for run in turn})
    yield f"| the same sha256 | {'yes' if different == 1 else 'NO'} | yes |"
    peak = f"{small['megabytes']:.0f} MB at {tenth:.0f} MB, {one['megabytes']:.0f} MB at {size:.0f} MB"
    yield f"| peak memory, one process | {peak} | <= 600 MB, not growing |"
    peaks = f"{two['megabytes_worker']:.0f} and {two['megabytes']:.0f} MB"
    yield f"| peak memory of two processes: of the worker, and of the one that reads and works | {peaks} | <= 600 MB |"


def apart(work: Path, alone: float) -> float:
    """How many times the work of one process two do in the same time, when they have nothing to do with each other."""
    commands = [command(work / "tenth", Path(tempfile.mkdtemp(dir=work)), workers(1)) for _ in range(2)]
    runs = [subprocess.Popen(one, stdout=subprocess.PIPE, text=True) for one in commands]
    walls = [float(json.loads(run.communicate()[0].splitlines()[-1])["wall"]) for run in runs]
    return 2 * alone / max(walls)


def judged(work: Path, megabytes: int) -> Iterator[str]:
    """The whole chain with the quality filter, on a tenth of the text and on half of it: on more of it fewer words are new."""
    with_quality = {"filters": {"quality": {"calibration": str(calibrated(work))}}}
    for size in (megabytes / 10, megabytes / 2):
        folder = work / "judged"
        written = write(varied(HELP, size), folder / "a.jsonl") / 1e6
        found = once(folder, work, with_quality)
        shutil.rmtree(folder)
        yield f"| whole chain with quality, calibrated on the help, {written:.0f} MB | {written / found['total']:.2f} | >= 2 |"


def a_tenth(work: Path, megabytes: int) -> float:
    """Megabytes of a tenth of the text, which is written when it is not there yet."""
    path = work / "tenth" / "a.jsonl"
    if not path.exists():
        return write(varied(HELP, megabytes / 10), path) / 1e6
    sizes = [len(str(json.loads(line)["text"]).encode()) for line in path.open(encoding="utf-8")]
    return sum(sizes) / 1e6


def calibrated(work: Path) -> Path:
    """The calibration on all pages of the help."""
    pages = [json.loads(line)["text"] for line in HELP.open(encoding="utf-8")]
    path = work / "calibration.json"
    write_calibration(calibrate(pages, language="eus_Latn"), path)
    return path


def copies(work: Path, peer: Path | None) -> Iterator[str]:
    """Planted copies, ours and the peer's."""
    size = write(planted(HELP), work / "planted" / "a.jsonl") / 1e6
    ours = once(work / "planted", work, ONLY_COPIES, removed=True)
    yield f"| near-duplicates alone, {size:.0f} MB: MB per CPU-second | {size / ours['total']:.2f} | >= 8 |"
    yield scored("planted copies", set(ours["removed"]))
    if peer is not None:
        found = peer_run(peer, work / "planted", work, "near")
        every = {json.loads(line)["id"] for line in (work / "planted" / "a.jsonl").open()}
        yield f"| datatrove: near-duplicates alone, {size:.0f} MB | {size / found['cpu']:.2f} | |"
        yield scored("datatrove: planted copies", every - set(found["left"]))


def scored(name: str, removed: set[str]) -> str:
    """A row: of each pair one must go, of hard ones none."""
    numbers = {
        kind: {one for one in range(NEAR + EXACT + HARD) if at(one) == kind} for kind in ("near", "exact", "hard")
    }
    gone = [one.lstrip("abcdefghijklmnopqrstuvwxyz") for one in removed]
    pairs = {int(one) for one in gone}
    right = len(pairs & (numbers["near"] | numbers["exact"]))
    return (
        f"| {name}: recall near, exact; precision; hard ones removed | {len(pairs & numbers['near']) / NEAR:.4f}, "
        f"{len(pairs & numbers['exact']) / EXACT:.4f}; {right / max(1, len(removed)):.4f}; {len(pairs & numbers['hard'])} of {HARD} "
        "| >= 0.995, 1; >= 0.995; 0 |"
    )


def at(number: int) -> str:
    """The kind of a planted pair."""
    return "near" if number < NEAR else "exact" if number < NEAR + EXACT else "hard"


def determinism(work: Path, megabytes: float) -> Iterator[str]:
    """Workers, sizes of shards and order of files; then kills."""
    rows = list(varied(HELP, megabytes, 7))
    for part in range(3):
        write(iter(rows[part::3]), work / "one" / f"{part}.jsonl")
        write(iter(rows[part::3][::-1]), work / "other" / f"{part}.jsonl")
    found = {
        once(work / name, work, workers(count, size))["sha256"]
        for name, count, size in (
            ("one", 1, 4_000_000),
            ("one", 2, 700_000),
            ("one", 3, 90_000),
            ("other", 2, 1_000_000),
        )
    }
    yield f"| 1, 2, 3 workers, four sizes of shards, rows in another order: different sha256 | {len(found)} | 1 |"


def kills(work: Path, megabytes: int, count: int) -> Iterator[str]:
    """One run killed again and again, then left in peace; and whether any worker outlives its parent by two seconds."""
    chance = random.Random(11)
    a_tenth(work, megabytes)
    undisturbed = once(work / "tenth", work, workers(1))
    settings = workers(2, 500_000)
    workspace = work / "killed"
    killed = orphans = 0
    while killed < count:
        process = subprocess.Popen(command(work / "tenth", workspace, settings), stdout=subprocess.DEVNULL)
        try:
            process.wait(chance.uniform(0.3, max(1.5, undisturbed["wall"] * 0.4)))
            shutil.rmtree(workspace)  # it came to its end: begin again
            continue
        except subprocess.TimeoutExpired:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            process.kill()
            process.wait()
        killed += 1
        if chance.random() < 0.15:
            shutil.rmtree(workspace, ignore_errors=True)
        time.sleep(2)
        orphans += sum(alive(int(child)) for child in children)
    done = subprocess.run(command(work / "tenth", workspace, settings), capture_output=True, text=True, check=True)
    same = json.loads(done.stdout.splitlines()[-1])["sha256"] == undisturbed["sha256"]
    yield f"| {count} random kill -9: the sha256 of an undisturbed run; workers left | {'yes' if same else 'NO'}; {orphans} | yes; 0 |"


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not fetched does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def signatures(count: int) -> Iterator[str]:
    """Memory of the selection by made-up hashes."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench" / "corpus_signatures.py"), str(count)],
        capture_output=True,
        text=True,
        check=True,
    )
    found = json.loads(done.stdout)
    yield (
        f"| selection of {count:,} documents by made-up hashes: bytes a document; CPU-seconds; copies found "
        f"| {found['bytes_a_document']:.0f}; {found['cpu']:.0f}; {found['found']:,} of {found['copies']:,} | <= 160 |"
    )


def peer_python(folder: Path) -> Path:
    """The python of an environment for the peer, which is made when it is not there."""
    python = folder / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "-qq", PEER, "orjson"], check=True)
    return python


def peer_run(python: Path, source: Path, work: Path, what: str) -> Figures:
    """The peer on a folder of JSONL."""
    place = Path(tempfile.mkdtemp(dir=work))
    script = [str(python), str(ROOT / "bench" / "corpus_peer.py"), str(source), str(place), what]
    done = subprocess.run(script, capture_output=True, text=True, check=True)
    shutil.rmtree(place)
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def peer_chain(work: Path, peer: Path, megabytes: int) -> Iterator[str]:
    """The peer's whole chain on the tenth."""
    size = a_tenth(work, megabytes)
    found = peer_run(peer, work / "tenth", work, "whole")
    figures = f"{size / found['cpu']:.2f}; {found['megabytes']:.0f} MB"
    yield f"| datatrove: whole chain without language, {size:.0f} MB: MB per CPU-second; peak | {figures} | |"


def rows(asked: argparse.Namespace, work: Path) -> Iterator[str]:
    """The rows of the parts that were asked for."""
    wanted = not asked.no_peer and {"copies", "peer"} & set(asked.parts)
    peer = peer_python(asked.peer or work / "peer") if wanted else None
    steps: dict[str, Callable[[], Iterator[str]]] = {
        "speed": lambda: speed(work, asked.megabytes, asked.rounds),
        "quality": lambda: judged(work, asked.megabytes),
        "copies": lambda: copies(work, peer),
        "same": lambda: determinism(work, min(8, asked.megabytes / 10)),
        "kills": lambda: kills(work, asked.megabytes, asked.kills),
        "signatures": lambda: signatures(asked.documents),
        "peer": lambda: peer_chain(work, peer, asked.megabytes) if peer else iter(()),
    }
    for part in PARTS:
        if part in asked.parts:
            yield from steps[part]()


def main() -> None:
    """Print the table, as it goes to docs/log.md, row by row."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument(
        "--megabytes", type=int, default=200, help="of text; a tenth of it goes to the peer and is killed"
    )
    arguments.add_argument("--documents", type=int, default=4_300_000, help="of made-up hashes")
    arguments.add_argument("--rounds", type=int, default=3, help="of one process and two, in turns")
    arguments.add_argument("--kills", type=int, default=20)
    arguments.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, help="only these")
    arguments.add_argument("--peer", type=Path, default=None, help="folder of its environment, kept for the next run")
    arguments.add_argument("--no-peer", action="store_true", help="do not install datatrove")
    arguments.add_argument(
        "--folder", type=Path, default=None, help="for texts; some five times their size comes and goes there"
    )
    asked = arguments.parse_args()
    if not HELP.exists():
        sys.exit(f"there is no {HELP}: bring the shared data, then run again")
    os.environ["OMP_NUM_THREADS"] = "1"
    began = time.perf_counter()
    names = ", ".join(
        f"{name} {version(name)}" for name in ("numpy", "rensa", "pycld2", "py3langid", "msgspec", "xxhash")
    )
    print(
        f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; {names}\n"
    )
    print("| what | found | target |\n|---|---|---|", flush=True)
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        for row in rows(asked, Path(folder)):
            print(row, flush=True)
    print(f"\n{time.perf_counter() - began:.0f} s in all")


if __name__ == "__main__":
    main()
