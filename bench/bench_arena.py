"""The arena under load, on loopback: voters with think time, votes as fast as they go, battles streaming, pages, ranking, kill -9,
and what arrival times tell of two blind models.

Everything on SQLite (synchronous=FULL) and on PostgreSQL, with fake models in a process of their own. Client, models and arena share
the machine's cores, so every rate has beside it what the arena's own process spent: that is what neighbours change least.
`PARTS="votes streams" make bench-arena` takes parts, `DATABASES=sqlite` one database, `VOTERS=300` fewer people than the issue's 500.
"""

from __future__ import annotations

import asyncio
import os
import platform
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import metadata
from itertools import pairwise
from pathlib import Path

import uvloop
from arena_arrival import PACES, arrival
from arena_kills import kills
from arena_people import ASSET, Gone, Person
from arena_places import Place, database, models, serving
from arena_ranking import ranking
from arena_tally import CHOICES, Row, Tally, joined, ms

QUICK = os.environ.get("QUICK") == "1"
VOTERS = int(os.environ.get("VOTERS", "60" if QUICK else "500"))


async def thinking(place: Place, seconds: float, think: tuple[float, float]) -> tuple[Tally, float]:
    """Voters who ask, read, think and judge; every tenth vote is sent twice, as after an answer that was lost."""
    tally, people, end = Tally(), await joined(place, VOTERS), time.perf_counter() + seconds
    began = place.cpu_s

    async def visit(person: Person) -> None:
        luck = random.Random(person.number)
        await asyncio.sleep(luck.uniform(0, think[1]))
        while time.perf_counter() < end:
            try:
                await person.page("/battle")
                token, _ = await person.begin()
                watched = await person.watch(token)
                if not watched.over["votable"]:
                    tally.errors[f"not votable: {watched.over['state']}"] += 1
                    continue
                await asyncio.sleep(luck.uniform(*think))
                choice = luck.choice(CHOICES)
                await tally.cast(person, token, choice)
                if luck.random() < 0.1:
                    await tally.cast(person, token, choice)
                if luck.random() < 0.2:
                    await person.page("/leaderboard")
            except Gone as error:
                tally.errors[f"gone: {error}"] += 1

    await asyncio.gather(*(visit(person) for person in people))
    return tally, place.cpu_s - began


def voters(place: Place, on: str) -> Iterator[Row]:
    began, cpu0 = time.perf_counter(), place.cpu_s
    tally, cpu = uvloop.run(thinking(place, 15 if QUICK else 60, (2, 6) if QUICK else (12, 28)))
    took = time.perf_counter() - began
    found = f"{ms(tally.took, 0.5, 0.95, 0.99)}; {len(tally.votes)} votes, {tally.held_against(place)}"
    each = cpu / max(1, len(tally.votes)) * 1000
    yield Row(
        f"{VOTERS} voters with think time: vote p50 / p95 / p99",
        on,
        found,
        f"{each:.1f} ms CPU a whole battle, {(place.cpu_s - cpu0) / took:.0%} of a core",
        "50 / 200 / 500 ms; 0, 0, 0",
    )
    for error, count in tally.errors.most_common(3):
        print(f"    {count} x {error}", file=sys.stderr)


async def saturated(place: Place, count: int, at_once: int) -> tuple[Tally, float, float, float]:
    """Votes as fast as they go, on battles that are ready: what was told, seconds, CPU of votes, CPU of a battle."""
    people, tally = await joined(place, at_once), Tally()
    ready: list[list[str]] = []
    before = place.cpu_s

    async def prepare(person: Person) -> None:
        tokens = []
        for _ in range(count // at_once):
            token, _ = await person.begin()
            watched = await person.watch(token)
            assert watched.over["votable"], watched.over
            tokens.append(token)
        ready.append(tokens)

    async def vote(person: Person, tokens: list[str]) -> None:
        luck = random.Random(person.number)
        for token in tokens:
            await tally.cast(person, token, luck.choice(CHOICES))

    order: list[Person] = []

    async def in_turn(person: Person) -> None:
        await prepare(person)
        order.append(person)

    await asyncio.gather(*(in_turn(person) for person in people))
    battles, began, cpu = place.cpu_s - before, time.perf_counter(), place.cpu_s
    await asyncio.gather(*(vote(person, tokens) for person, tokens in zip(order, ready, strict=True)))
    return tally, time.perf_counter() - began, place.cpu_s - cpu, battles


def votes(place: Place, on: str) -> Iterator[Row]:
    count, at_once = (300, 15) if QUICK else (1920, 32)
    tally, took, cpu, battles = uvloop.run(saturated(place, count, at_once))
    done = len(tally.votes)
    yield Row(
        "saturated votes, full stack",
        on,
        f"{done / took:.0f}/s ({at_once} at once); {tally.held_against(place)}",
        f"{cpu / max(1, done) * 1000:.2f} ms CPU a vote, so {done / cpu:.0f} a CPU-second; a quick battle {battles / count * 1000:.1f} ms",
        ">= 150/s" if on == "sqlite" else ">= 300/s",
    )


async def streaming(
    place: Place, first_s: float, seconds: float
) -> tuple[list[float], list[float], list[float], Counter[str], list[float]]:
    """So many battles streaming all the time: added seconds to the first piece, gaps, cheap pages, errors, cost and pieces."""
    people = await joined(place, VOTERS)
    added: list[float] = []
    gaps: list[float] = []
    pages: list[float] = []
    errors: Counter[str] = Counter()
    count, start = 0, time.perf_counter()
    warm, end = start + 12, start + 12 + seconds
    cpu = [0.0]

    async def watch(person: Person) -> None:
        nonlocal count
        luck = random.Random(person.number)
        await asyncio.sleep(luck.uniform(0, 11))
        while time.perf_counter() < end:
            try:
                token, asked = await person.begin()
                watched = await person.watch(token)
            except Gone as error:
                errors[str(error)[:80]] += 1
                await asyncio.sleep(0.2)
                continue
            if not watched.over["votable"]:
                errors[f"not votable: {watched.over['state']}"] += 1
            inside = [at for at in watched.pieces if warm <= at < end]
            count += len(inside)
            gaps.extend(later - sooner for sooner, later in pairwise(inside))
            if warm <= asked and watched.pieces and watched.pieces[0] < end:
                added.append(watched.pieces[0] - asked - first_s)

    async def look() -> None:
        person = Person(place.port, 9999)
        await asyncio.sleep(12)
        cpu[0] = place.cpu_s
        while time.perf_counter() < end:
            pages.append((await person.page(("/", "/leaderboard", "/login")[len(pages) % 3])).took)
            await asyncio.sleep(0.2)
        cpu[0] = place.cpu_s - cpu[0]

    await asyncio.gather(look(), *(watch(person) for person in people))
    return added, gaps, pages, errors, [cpu[0], float(count)]


def streams(place: Place, on: str) -> Iterator[Row]:
    seconds = 12 if QUICK else 30
    before = place.memory_mb()
    added, gaps, pages, errors, (cpu, pieces) = uvloop.run(streaming(place, 0.3, seconds))
    peak = place.memory_mb("VmHWM")
    yield Row(
        f"{VOTERS} battles streaming: added time to the first token, p50 / p95",
        on,
        f"{ms(added, 0.5, 0.95)}; {sum(errors.values())} errors",
        f"{cpu / seconds:.0%} of a core for {pieces / seconds:.0f} pieces a second, {cpu / max(1, pieces) * 1e6:.0f} us each",
        "p95 <= 200 ms",
    )
    yield Row("... gap between pieces, p50 / p99", on, ms(gaps, 0.5, 0.99), "", "p99 <= 300 ms")
    yield Row("... cheap pages meanwhile, p50 / p95 / worst", on, ms(pages, 0.5, 0.95, 1), "", "< 400 ms")
    yield Row("... memory of the arena's process, before / peak", on, f"{before:.0f} / {peak:.0f} MB", "", "<= 500 MB")
    for error, count in errors.most_common(3):
        print(f"    {count} x {error}", file=sys.stderr)


async def paged(place: Place) -> tuple[dict[str, list[float]], dict[str, int], float]:
    """Pages one after another on four connections; and what a first visit loads."""
    paths = ("/", "/join", "/consent", "/battle", "/me", "/leaderboard")
    took: dict[str, list[float]] = {path: [] for path in paths}
    people = await joined(place, 4)
    sizes, before = {}, place.cpu_s
    for path in paths:
        text = (await people[0].page(path)).body
        parts = set(ASSET.findall(text.decode()))
        sizes[path] = len(text) + sum([len((await people[0].page(part)).body) for part in parts])

    async def visit(person: Person) -> None:
        for _ in range(10 if QUICK else 60):
            for path in paths:
                reply = await person.page(path)
                assert reply.status == 200, (path, reply.status)
                took[path].append(reply.took)

    before = place.cpu_s
    await asyncio.gather(*(visit(person) for person in people))
    return took, sizes, (place.cpu_s - before) / sum(map(len, took.values()))


def pages(place: Place, on: str) -> Iterator[Row]:
    took, sizes, cpu = uvloop.run(paged(place))
    every = [value for values in took.values() for value in values]
    cost = f"{cpu * 1000:.1f} ms CPU a page"
    yield Row("pages, p50 / p95", on, ms(every, 0.5, 0.95), cost, "p95 <= 200 ms")
    largest = max(sizes, key=lambda path: sizes[path])
    yield Row("... largest first load", on, f"{sizes[largest] / 1000:.0f} kB ({largest})", "", "<= 100 kB")


def arrivals(place: Place, on: str) -> Iterator[Row]:
    yield from arrival(place, on, *((300, 100) if QUICK else (2400, 200)))


# Paces of the models: milliseconds to the first piece, pieces, milliseconds between.
PARTS: dict[str, tuple[Callable[[Place, str], Iterator[Row]], str | dict[str, str], dict[str, int]]] = {
    "voters": (voters, "200-40-50", {}),
    "votes": (votes, "0-20-0", {"flush_ms": 20, "characters": 2000}),
    "streams": (streams, "300-50-100" if QUICK else "300-200-100", {}),
    "pages": (pages, "0-20-0", {"flush_ms": 20, "characters": 2000}),
    "arrival": (arrivals, PACES, {}),
    "kill": (kills, "20-12-30", {"flush_ms": 20, "characters": 200}),
}


def squares() -> float:
    """CPU-seconds of always the same work: they tell how much the neighbours slow this machine's cores."""
    began = time.process_time()
    sum(k * k for k in range(2_000_000))
    return time.process_time() - began


def main() -> None:
    wanted = os.environ.get("PARTS", "").split() or [*PARTS, "ranking"]
    kinds = os.environ.get("DATABASES", "sqlite postgresql").split()
    if unknown := {*wanted} - {*PARTS, "ranking"} | {*kinds} - {"sqlite", "postgresql"}:
        raise SystemExit(f"no part or database: {', '.join(sorted(unknown))}; parts: {', '.join([*PARTS, 'ranking'])}")
    said = ", ".join(f"{name} {metadata.version(name)}" for name in ("uvicorn", "fastapi", "sqlalchemy", "psycopg"))
    print(f"Python {platform.python_version()}, {os.cpu_count()} cores ({platform.machine()}); {said}")
    print("load average at the start:", *(f"{each:.1f}" for each in os.getloadavg()), flush=True)
    print(f"two million squares in Python: {squares():.2f} s CPU", flush=True)
    rows: list[Row] = []
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="bench-arena-") as aside, models(Path(aside)) as port:
        for kind in kinds:
            with database(kind, Path(aside)) as url:
                for name in wanted:
                    if name == "ranking":
                        rows += [
                            Row(*each) for each in ranking(Path(aside) / f"{kind}-ranking", _own(url, name), port, kind)
                        ]
                        continue
                    part, pace, battle = PARTS[name]
                    with serving(Place(Path(aside) / f"{kind}-{name}", _own(url, name), port, pace, **battle)) as place:
                        rows += part(place, kind)
                    print(f"  {kind} {name}: {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    print("load average at the end:", *(f"{each:.1f}" for each in os.getloadavg()))
    print(f"whole: {time.perf_counter() - began:.0f} s\n")
    print("| measure | on | found | the arena's own process | target |\n|---|---|---|---|---|")
    for row in rows:
        print("| " + " | ".join(row) + " |")


def _own(url: str, name: str) -> str:
    """Each part has a database of its own on the same PostgreSQL."""
    if not url:
        return ""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE part_{name}")  # type: ignore[call-overload]
    head, _, tail = url.partition("://")
    place, _, options = tail.partition("?")
    return f"{head}://{place.rpartition('/')[0]}/part_{name}" + (f"?{options}" if options else "")


if __name__ == "__main__":
    main()
