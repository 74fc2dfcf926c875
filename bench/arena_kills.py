"""kill -9 of bench_arena.py: under load, again and again; what people were told is there, and they go on."""

from __future__ import annotations

import asyncio
import os
import random
import signal
from collections.abc import Iterator, Sequence

import uvloop
from arena_people import Gone, Person
from arena_places import Place
from arena_tally import CHOICES, Row, Tally, joined

QUICK = os.environ.get("QUICK") == "1"


async def until_killed(place: Place, people: Sequence[Person], tally: Tally, seconds: float) -> None:
    """Battles and votes until the arena is gone; it is killed after so many seconds."""

    async def visit(person: Person) -> None:
        luck = random.Random()
        try:
            while True:
                token, _ = await person.begin()
                watched = await person.watch(token)
                tally.finished[token.split(".")[0]] = (watched.over["a"], watched.over["b"])
                if watched.over["votable"]:
                    await tally.cast(person, token, luck.choice(CHOICES))
        except (Gone, OSError):
            person.close()

    async def kill() -> None:
        await asyncio.sleep(seconds)
        await asyncio.to_thread(place.stop, signal.SIGKILL)

    await asyncio.gather(kill(), *(visit(person) for person in people))


async def go_on(place: Place, people: Sequence[Person], tally: Tally) -> tuple[int, int]:
    """After a start: who had a battle under way goes on with it, asks again where it was cut, and judges it. How many, of how many."""
    done = tried = 0
    for person in people:
        reply = await person.page("/battle")
        token = reply.body.decode().partition('href="/battle/')[2].partition('"')[0]
        if reply.status != 200 or not token:
            continue
        tried += 1
        over = (await person.watch(token)).over
        if over["retry"] and (await person.send(f"/api/battles/{token}/retry", {})).status == 200:
            over = (await person.watch(token)).over
        if over["votable"]:
            await tally.cast(person, token, "tie")
            done += token in tally.votes
    return done, tried


async def killed(place: Place, times: int) -> tuple[Tally, int, int, int]:
    luck, tally, done, tried, missing = random.Random(1), Tally(), 0, 0, 0
    people = await joined(place, 24)
    for _ in range(times):
        await until_killed(place, people, tally, luck.uniform(0.6, 1.8))
        await asyncio.to_thread(place.start)
        some, of = await go_on(place, people, tally)
        done, tried = done + some, tried + of
    states = dict(place.rows("SELECT battle_id, state FROM turns"))
    texts = {(b, side): text for b, side, text in place.rows("SELECT battle_id, side, text FROM answers")}
    for battle in tally.finished:
        whole = all(len(texts.get((battle, side), "")) > 10 for side in "ab")
        missing += not whole or states.get(battle) != "complete"
    return tally, done, tried, missing


def kills(place: Place, on: str) -> Iterator[Row]:
    times = 3 if QUICK else 20
    tally, done, tried, missing = uvloop.run(killed(place, times))
    found = (
        f"{len(tally.votes)} votes: {tally.held_against(place)}; {len(tally.finished)} finished turns, {missing} lost"
    )
    yield Row(f"kill -9 under load, {times} times", on, found, "", "none lost, none double")
    yield Row("... people who went on with their battle after the start", on, f"{done} of {tried}", "", "all")
