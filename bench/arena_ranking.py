"""The ranking of bench_arena.py: as many made-up votes as the reference has, taken in by `mintza arena import`; computed, and shown.

Run as a script (`arena_ranking.py DATABASE_URL`) it computes the ranking once, in a process of its own, and says what that took.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import uvloop
from arena_people import Person
from arena_places import Place, serving

VOTES, VOTERS, MODELS = 12_890, 1_285, 22


def rows(path: Path) -> None:
    """Battles of one turn, by voters of whom few judge much; models of different strength."""
    luck = random.Random(1)
    busy = [luck.lognormvariate(0, 1.5) for _ in range(VOTERS)]
    levels = [luck.choice(("B1", "B2", "C1", "C2", "native")) for _ in range(VOTERS)]

    def winner(one: int, other: int) -> str:
        chance = 1 / (1 + math.exp((other - one) * 0.12))
        return "tie" if luck.random() < 0.25 else "a" if luck.random() < chance else "b"

    with path.open("w", encoding="utf-8") as out:
        for number in range(VOTES):
            a, b = luck.sample(range(MODELS), 2)
            voter = luck.choices(range(VOTERS), busy)[0]
            said = [{"role": "user", "content": f"Galdera {number}?"}]
            row: dict[str, object] = {
                "id": f"b{number:06}",
                "voter": f"v{voter}",
                "level": levels[voter],
                "time": f"2026-0{luck.randint(1, 9)}-1{luck.randint(0, 9)}T10:00:00.000Z",
                "model_a": f"m{a}",
                "model_b": f"m{b}",
                "winner_content": winner(a, b),
                "winner_language": winner(a, b),
                "winner_overall": winner(a, b),
                "conversation_a": [*said, {"role": "assistant", "content": "mendi " * 60}],
                "conversation_b": [*said, {"role": "assistant", "content": "ibaia " * 60}],
            }
            out.write(json.dumps(row) + "\n")


def ranking(folder: Path, url: str, models_port: int, on: str) -> Iterator[tuple[str, str, str, str, str]]:
    """Rows of the table."""
    place = Place(folder, url, models_port, "0-5-0")
    rows(folder / "rows.jsonl")
    environment = {**os.environ, **({"DATABASE_URL": url} if url else {})}
    began = time.perf_counter()
    command = [sys.executable, "-m", "mintza.cli", "arena", "import", str(place.file), str(folder / "rows.jsonl")]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    yield f"import of {VOTES:,} votes", on, f"{time.perf_counter() - began:.1f} s", "", ""
    where = url or f"sqlite:///{folder / 'arena-data' / 'arena.sqlite'}"
    done = subprocess.run([sys.executable, __file__, where], check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    yield (
        f"ranking of {found['votes']:,} votes read and computed, 1,000 bootstraps by voter x 3 criteria",
        on,
        f"{found['wall']:.2f} s ({found['read']:.2f} s of it to read)",
        f"{found['cpu']:.2f} s CPU",
        "<= 2 s",
    )
    with serving(place):
        took, size, cpu = uvloop.run(shown(place))
        took.sort()
        yield (
            f"leaderboard page of {MODELS} models, p50 / p95",
            on,
            f"{took[len(took) // 2] * 1000:.0f} / {took[int(0.95 * len(took))] * 1000:.0f} ms; {size / 1000:.0f} kB",
            f"{cpu * 1000:.1f} ms CPU a page",
            "p95 <= 50 ms",
        )


async def shown(place: Place) -> tuple[list[float], int, float]:
    """Seconds of each page, once the ranking is on it; its size; CPU a page."""
    person, deadline = Person(place.port), time.perf_counter() + 120
    while b"m21" not in (await person.page("/leaderboard")).body:
        assert time.perf_counter() < deadline, "there is no ranking"
        await asyncio.sleep(0.5)
    before = place.cpu_s
    replies = [await person.page("/leaderboard") for _ in range(200)]
    return [reply.took for reply in replies], len(replies[0].body), (place.cpu_s - before) / len(replies)


def compute(url: str) -> None:
    """Once, from the database to the columns, by the arena's own code."""
    from mintza.arena.database.engine import Database
    from mintza.arena.ranking.judged import judged
    from mintza.arena.ranking.keeping import board_of
    from mintza.arena.settings import ArenaSettings

    where = {"url": "http://127.0.0.1:1/v1"}
    models = {f"m{n}": {"model": "x", "execution": where} for n in range(MODELS)}
    settings = ArenaSettings.model_validate_json(json.dumps({"models": models, "language": "eus_Latn"}))
    database = Database(url)
    import numpy  # noqa: F401 - its import is no part of the ranking

    began, cpu = time.perf_counter(), time.process_time()
    battles = asyncio.run(database.read(judged))
    read = time.perf_counter() - began
    _, board = board_of(battles, {}, settings, "2026-11-30T00:00:00Z")
    took = {"wall": time.perf_counter() - began, "cpu": time.process_time() - cpu, "read": read, "votes": board.votes}
    database.close()
    print(json.dumps({**took, "counted": board.counted}))


if __name__ == "__main__":
    compute(sys.argv[1])
