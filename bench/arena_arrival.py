"""Arrival times, of bench_arena.py: thousands of battles of a quick and a slow model, every event of every stream with its moment."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import uvloop
from arena_people import Gone, Person
from arena_places import Place
from arena_tally import Row, joined

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from arena.telling import Listening, features, linear, margin, told, trees

QUICK_MODEL, SLOW_MODEL = "m0", "m1"
# Milliseconds to the first piece, characters, milliseconds between: one writes three times as fast as the other, and both as much.
PACES = {QUICK_MODEL: "60-200..600-15", SLOW_MODEL: "180-200..600-45"}


async def watched(place: Place, battles: int, at_once: int) -> dict[str, Listening]:
    """So many whole battles by their ids."""
    people, left, found = await joined(place, at_once), iter(range(battles)), dict[str, Listening]()

    async def visit(person: Person) -> None:
        loop = asyncio.get_running_loop()
        for _ in left:
            token, _ = await person.begin()
            transport, listening = await loop.create_connection(Listening, "127.0.0.1", place.port)
            transport.write(person.head("GET", f"/api/battles/{token}/turns/1/events", {"Accept": "text/event-stream"}))
            await listening.ended
            transport.close()
            if not listening.whole:
                raise Gone("a stream broke")
            found[token.split(".")[0]] = listening

    await asyncio.gather(*(visit(person) for person in people))
    return found


def arrival(place: Place, on: str, battles: int, at_once: int) -> Iterator[Row]:
    """Rows of the table."""
    found = uvloop.run(watched(place, battles, at_once))
    models = dict(place.rows("SELECT id, model_a FROM battles"))
    values = [features(each) for each in found.values()]
    quick = ["a" if models[battle] == QUICK_MODEL else "b" for battle in found]
    sure = margin(len(quick))
    for name, by in (("linear", linear), ("boosted trees", trees)):
        yield Row(
            f"which side is the quick model's, of {len(quick):,} battles, from all that a page sees ({name}, ten folds)",
            on,
            f"told in {told(values, quick, by):.1%} ({1 - sure - 0.5:.1%} to {0.5 + sure:.1%} are chance)",
            f"{len(values[0])} features a battle",
            "within 2 points of 50 %",
        )
