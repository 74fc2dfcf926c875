"""What bench_arena.py's parts share: a line of the table, quantiles, people who have agreed, and what they were told."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from arena_people import Person
from arena_places import Place

CHOICES = ("a", "tie", "b")


class Row(NamedTuple):
    """A line of the table. cost: of the arena's own process.  target: of the issue."""

    measure: str
    on: str
    found: str
    cost: str
    target: str


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")


def ms(values: Sequence[float], *shares: float) -> str:
    return " / ".join(f"{quantile(values, share) * 1000:.0f}" for share in shares) + " ms"


async def joined(place: Place, count: int) -> list[Person]:
    """People who have agreed."""
    people = [Person(place.port, number) for number in range(count)]
    for k in range(0, count, 20):
        await asyncio.gather(*(person.join() for person in people[k : k + 20]))
    return people


class Tally:
    """What the people were told. votes: token -> choice, of votes that were acknowledged."""

    def __init__(self) -> None:
        self.votes: dict[str, str] = {}
        self.finished: dict[str, tuple[str, str]] = {}
        self.took: list[float] = []
        self.errors: Counter[str] = Counter()

    async def cast(self, person: Person, token: str, choice: str) -> None:
        reply = await person.vote(token, choice)
        if reply.status == 200 and reply.json().get("saved"):
            self.votes[token] = choice
            self.took.append(reply.took)
        else:
            self.errors[f"{reply.status} {reply.body[:60]!r}"] += 1

    def held_against(self, place: Place) -> str:
        """Errors, and what the database says of what was acknowledged."""
        there = place.rows("SELECT battle_id, content FROM votes")
        kept = dict(there)
        lost = sum(kept.get(token.split(".")[0]) != choice for token, choice in self.votes.items())
        more = len(there) - len(self.votes)
        return f"{sum(self.errors.values())} errors, {lost} lost, {len(there) - len(kept)} double, {more} not told"
