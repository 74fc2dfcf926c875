"""Over real HTTP nothing that a page's script sees tells which side is the quick model's; `make bench-arena` does it on thousands."""

from __future__ import annotations

import asyncio
import random
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from arena.model_endpoint import Behaviour, Body, ModelEndpoints, event
from arena.served import Served, Visitor, settings_of
from arena.telling import Event, Listening, Seen, features, linear, margin, told, trees

BATTLES, AT_ONCE = 360, 24
LENGTHS = (2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 13)
"""Of words, in letters."""
PACES = {"latxa": (0.02, 0.004), "llama": (0.06, 0.012)}
"""Seconds to the first word, and between two: one model is three times as quick."""


def tokens(luck: random.Random) -> Iterator[str]:
    """Words in parts of two to six letters.

    How many characters is drawn before the words are: else whoever writes short words would be slower and shorter at once.
    """
    characters, left, begins = luck.randint(50, 150), 0, ""
    while characters > 0:
        left = left or luck.choice(LENGTHS)
        part = min(left, luck.randint(2, 6))
        left -= part
        yield begins + "".join(luck.choice("aeiouktnrzlbdgs") for _ in range(part))
        characters -= part + len(begins)
        begins = "" if left else " "


class Written(NamedTuple):
    """What a model wrote, token by token. at: seconds of the machine's clock."""

    at: float
    word: str


class Writers:
    """Two models that write alike, one quicker. written: prompt -> model -> words."""

    def __init__(self) -> None:
        self.written: dict[str, dict[str, list[Written]]] = defaultdict(lambda: defaultdict(list))

    def model(self, name: str, luck: random.Random) -> Behaviour:
        first, every = PACES[name]

        async def behave(body: Body) -> AsyncIterator[bytes | int]:
            words = self.written[body["messages"][-1]["content"]][name]
            await asyncio.sleep(first * luck.uniform(0.5, 1.5))
            for word in tokens(luck):
                words.append(Written(time.perf_counter(), word))
                yield event(word)
                await asyncio.sleep(every * luck.uniform(0.5, 1.5))
            yield event(None, "stop")

        return behave


class Fought(NamedTuple):
    """Battles that were watched. quick: the quick model's side of each.  raw: the same if every word were shown as it was written."""

    seen: list[Listening]
    quick: list[str]
    raw: list[Seen]


@pytest.fixture(scope="module")
def fought(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fought]:
    """Many battles over HTTP, many of them at once."""
    writers = Writers()
    endpoints = ModelEndpoints({name: writers.model(name, random.Random(name)) for name in PACES})
    settings = settings_of(
        endpoints,
        {name: name for name in PACES},
        battle={"flush_ms": 20},
        limits={"live_battles": 100, "turns_session": 10_000, "turns_address": 10_000},
    )
    served = Served(settings, Path(tmp_path_factory.mktemp("arena")))
    seen = asyncio.run(watched(served))
    sides = {row["id"]: row["model_a"] for row in served.rows("SELECT id, model_a FROM battles")}
    prompts = {row["battle_id"]: row["prompt"] for row in served.rows("SELECT battle_id, prompt FROM turns")}
    quick = ["a" if sides[battle] == "latxa" else "b" for battle in seen]
    raw = [as_written(writers.written[prompts[battle]], side) for battle, side in zip(seen, quick, strict=True)]
    yield Fought([*seen.values()], quick, raw)
    served.close()
    endpoints.close()


async def watched(served: Served) -> dict[str, Listening]:
    """Battle -> its stream, from the request that asks for it."""
    visitor = Visitor(served).guest()
    headers = {"x-csrf-token": visitor.csrf("/")}
    cookie = "; ".join(f"{name}={value}" for name, value in visitor.http.cookies.items())
    numbers, found = iter(range(BATTLES)), dict[str, Listening]()
    loop = asyncio.get_running_loop()

    async def visit(http: httpx.AsyncClient) -> None:
        for number in numbers:
            body = {"prompt": f"Zer da {number}?", "key": f"battle {number}"}
            token = str((await http.post("/api/battles", json=body)).json()["battle"])
            transport, listening = await loop.create_connection(Listening, "127.0.0.1", served.port)
            head = f"GET /api/battles/{token}/turns/1/events HTTP/1.1\r\nHost: 127.0.0.1:{served.port}\r\nCookie: {cookie}\r\n\r\n"
            transport.write(head.encode())
            await listening.ended
            transport.close()
            assert listening.whole
            found[token.split(".", maxsplit=1)[0]] = listening

    async with httpx.AsyncClient(
        base_url=served.address, headers={**headers, "cookie": cookie}, timeout=300, trust_env=False
    ) as http:
        await asyncio.gather(*(visit(http) for _ in range(AT_ONCE)))
    return found


def as_written(words: dict[str, list[Written]], quick: str) -> Seen:
    """The stream of an arena that paced nothing."""
    made = Seen()
    slow = "b" if quick == "a" else "a"
    every = sorted((each.at, quick if name == "latxa" else slow, each.word) for name in words for each in words[name])
    began = every[0][0]
    for at, side, word in every:
        made.events.append(Event(at - began, "piece", word if side == "a" else "", word if side == "b" else "", "a"))
    made.events.append(Event(every[-1][0] - began, "over", "", "", "a"))
    return made


@pytest.mark.parametrize("by", [linear, trees])
def test_what_a_page_sees_tells_next_to_nothing_of_which_side_is_quick(fought: Fought, by: Any) -> None:
    assert len(fought.seen) == BATTLES
    right = told([features(each) for each in fought.seen], fought.quick, by)
    # Two points beside chance are allowed, and three standard deviations of so few battles.
    assert abs(right - 0.5) <= 0.02 + margin(BATTLES, 3), right


def test_the_same_classifier_tells_it_where_words_are_shown_as_they_are_written(fought: Fought) -> None:
    assert told([features(each) for each in fought.raw], fought.quick) > 0.9


def test_nothing_within_an_event_has_an_order_of_its_own(fought: Fought) -> None:
    """Both sides stand in every event, in one order, and at no moment one of them has more than the other while both go on."""
    for each in fought.seen:
        pieces = [event for event in each.events if event.name == "piece"]
        assert {event.first for event in each.events} == {"a"}
        together = [event for event in pieces if event.a and event.b]
        assert all(len(event.a) == len(event.b) for event in together[:-1])
