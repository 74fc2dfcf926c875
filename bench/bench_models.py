"""Asking models at scale: share of the ideal throughput, pace beside bare clients, memory, the journal alone, kill -9.

Against the fake endpoint of tests/endpoint.py, in a process of its own. Machines are shared, so figures beside a peer were
measured in the same minutes. Arguments name parts (all without any); `--quick` takes a tenth of the requests. One table at
the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from models_peer import side_by_side

from endpoint import Endpoint, endpoint


class Row(NamedTuple):
    """A line of the table. beside: what it is to be seen beside.  target: of the issue, "" for none."""

    measure: str
    found: str
    beside: str = ""
    target: str = ""


def child(*arguments: object) -> dict[str, Any]:
    """Run a part in a process of its own, so that its memory is its own."""
    command = [sys.executable, str(Path(__file__).with_name("models_children.py")), *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and arguments[0] != "embedded":
        raise SystemExit(f"{arguments[0]} failed: {done.stderr.strip()[-2000:]}")
    if done.returncode:
        return {"failed": done.stderr.strip()[-300:]}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def cpu_seconds(server: Endpoint) -> float:
    """Of the endpoint so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def ideal(folder: Path, scale: int) -> Iterator[Row]:
    """The last of the requests fill no whole second: the ideal is so many rounds of a second."""
    for width in (64, 256):
        count = 10_000 // scale
        with endpoint(folder / f"ideal{width}.log", "--latency", "1") as server:
            got = child("ours", server.url, count, width, folder / f"ideal{width}")
            theirs = cpu_seconds(server) / count * 1e6
        share = got["per_second"] / (count / -(-count // width))
        yield Row(
            f"1 s latency, {width} at once, {count:,} requests",
            f"{got['per_second']:.1f}/s, {share:.1%} of the ideal",
            f"CPU a request: {got['cpu_us']:.0f} us here, {theirs:.0f} us the endpoint",
            ">= 95 %",
        )


def beside(folder: Path, scale: int) -> Iterator[Row]:
    for width in (64, 256):
        with endpoint(folder / f"beside{width}.log", "--latency", "0.02") as server:
            mine = child("ours", server.url, 10_000 // scale, width, folder / f"b{width}")
            aiohttp = child("bare", "aiohttp", server.url, 10_000 // scale, width)
            httpx = child("bare", "httpx", server.url, 2_000 // scale, width)
        others = (
            f"{name} {got['per_second']:.0f}/s ({got['cpu_us']:.0f} us)"
            for name, got in (("bare aiohttp", aiohttp), ("bare httpx", httpx))
        )
        yield Row(
            f"20 ms latency, {width} at once",
            f"{mine['per_second']:.0f}/s with journal ({mine['cpu_us']:.0f} us of CPU a request)",
            ", ".join(others),
        )


def memory(folder: Path, scale: int) -> Iterator[Row]:
    for count in (10_000, 200_000):
        with endpoint(folder / f"memory{count}.log") as server:
            got = child("ours", server.url, count // scale, 256, folder / f"memory{count}")
        yield Row(f"memory, {count // scale:,} requests", f"{got['mib']:.0f} MiB", "", "flat, <= 500 MB")


def journal(folder: Path, scale: int) -> Iterator[Row]:
    count = 1_000_000 // scale
    got = child("journal", count, folder / "journal")
    yield Row(
        "journal alone, answers recorded",
        f"{got['per_second']:,.0f}/s",
        f"{got['cpu_per_second']:,.0f} a second of CPU, {got['bytes_a_line']:.0f} bytes a line",
        ">= 3,000/s",
    )
    got = child("opening", folder / "journal")
    yield Row(
        f"journal of {got['lines']:,} lines opened",
        f"{got['open_s']:.1f} s ({got['cpu_s']:.1f} s of CPU), {got['mib']:.0f} MiB",
        f"its lines read and counted: {got['read_s']:.1f} s",
        "<= 10 s",
    )


def kills(folder: Path, scale: int) -> Iterator[Row]:
    """kill -9 at random moments, by the endpoint's own log. A run asks on from where the last one died."""
    from models.test_server_kill import WIDTH, ask

    luck = random.Random(7)
    times = max(2, 20 // scale)
    with endpoint(folder / "whole.log", "--latency", "0.05") as server:
        undisturbed = ask(server, folder / "whole", None)
    with endpoint(folder / "kills.log", "--latency", "0.05") as server:
        # 300 requests and at most WIDTH lost a kill: fewer than that arrive before each, so that all strike.
        for _ in range(times):
            ask(server, folder / "killed", luck.randrange(1, 30))
        same = ask(server, folder / "killed", None) == undisturbed
        asked = Counter(line["said"] for line in server.log)
    twice = sum(asked.values()) - len(asked)
    yield Row(
        f"kill -9 at {times} random moments, {WIDTH} at once",
        f"{len(asked)} requests, {twice} asked again, output {'identical' if same else 'DIFFERENT'}",
        f"in flight at the kills: {times * WIDTH} at most",
        "only those in flight, identical",
    )


def engine(folder: Path, scale: int) -> Iterator[Row]:
    got = child("embedded", max(16, 64 // scale))
    if "failed" in got:
        yield Row("embedded engine", got["failed"])
        return
    yield Row(
        "SmolLM2-135M, 8 at once",
        f"{got['ours']:.0f} tokens/s, {got['ours'] / got['engine']:.0%} of the engine's own",
        f"the engine asked directly in turns: {got['engine']:.0f} tokens/s; a second of CPU: {got['ours_cpu']:.1f} and "
        f"{got['engine_cpu']:.1f} tokens, {got['ours_cpu'] / got['engine_cpu']:.0%}",
        "within 10 %",
    )


def peer(folder: Path, scale: int) -> Iterator[Row]:
    count = 1_000 // scale
    (_, mine), *others = side_by_side(folder, count, 64)
    yield Row(f"Magpie, {count:,} conversations, 0.2 s latency, 64 at once", mine)
    for name, said in others:
        yield Row(f"the same by {name}", "", said)


PARTS: dict[str, Callable[[Path, int], Iterator[Row]]] = {
    "ideal": ideal,
    "beside": beside,
    "memory": memory,
    "journal": journal,
    "kills": kills,
    "engine": engine,
    "peer": peer,
}


def main() -> None:
    """Print the table as it goes to docs/log.md; each row also when it is found."""
    parser = argparse.ArgumentParser()
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all without any")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}; known: {', '.join(PARTS)}")
    rows = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        for name in options.parts or PARTS:
            for row in PARTS[name](Path(folder), 10 if options.quick else 1):
                rows.append(row)
                sys.stderr.write(f"[{time.perf_counter() - began:.0f} s] {' | '.join(filter(None, row))}\n")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in ("aiohttp", "httpx", "msgspec"))
    print(f"Python {platform.python_version()}, {platform.machine()}, {os.cpu_count()} cores; {versions}\n")
    print("| measure | mintza | beside it | target |\n|---|---|---|---|")
    for row in rows:
        print(f"| {' | '.join(row)} |")


if __name__ == "__main__":
    main()
