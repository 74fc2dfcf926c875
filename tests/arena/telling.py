"""What a page's script could see of a battle as it streams, and how well a classifier tells from it where the quick model stands.

Knows the arena by its bytes on the wire alone, and shares no code with it.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

SIDES = ("a", "b")
FOLDS = 10
Floats = NDArray[np.float64]


class Event(NamedTuple):
    """One event. at: seconds from the request.  a, b: what it brings of each side.  first: the side that its data name first."""

    at: float
    name: str
    a: str
    b: str
    first: str

    def of(self, place: int) -> str:
        """What it brings of a side."""
        return self.b if place else self.a


@dataclass(eq=False)
class Seen:
    """What a page has of a turn. arrivals: how often bytes came."""

    events: list[Event] = field(default_factory=list)
    arrivals: int = 0


class Listening(Seen, asyncio.Protocol):
    """A turn's stream, read to its end: each event with the moment at which it came."""

    def __init__(self) -> None:
        super().__init__()
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._began = time.perf_counter()
        self._name = ""
        self._waiting = b""

    def data_received(self, data: bytes) -> None:
        at = time.perf_counter() - self._began
        self.arrivals += 1
        *whole, self._waiting = (self._waiting + data).split(b"\n")
        for line in whole:
            if line.startswith(b"event: "):
                self._name = line[7:].decode()
            elif line.startswith(b"data: "):
                self._take(at, json.loads(line[6:]))

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    @property
    def whole(self) -> bool:
        """Whether it came to the end that says so."""
        return bool(self.events) and self.events[-1].name == "over"

    def _take(self, at: float, told: dict[str, Any]) -> None:
        order = [key for key in told if key in SIDES]
        texts = [str(told.get(side, "")) for side in SIDES]
        self.events.append(Event(at, self._name, texts[0], texts[1], order[0] if order else ""))
        if self._name in ("over", "failure"):
            self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)


def features(seen: Seen) -> list[float]:
    """Times, sizes, counts, where words are cut, order within an event, the end: of each side, the difference, and of both."""
    pieces, over = [event for event in seen.events if event.name == "piece"], seen.events[-1]
    one, other = (_side(pieces, over, place) for place in (0, 1))
    both = np.array([len(event.a) for event in pieces if event.a and event.b], dtype=float)
    alone = np.array([len(event.a + event.b) for event in pieces if not (event.a and event.b)], dtype=float)
    longer = float(np.sign(one[3] - other[3]))
    # Who goes on alone is free to see; that it then looks otherwise than both looked, or not, could tell who that is.
    otherwise = [longer * (ours - theirs) for ours, theirs in zip(_of(alone), _of(both), strict=True)]
    return [*one, *other, *(one - other), *_of(both), longer, *otherwise, float(seen.arrivals)]


def _side(pieces: Sequence[Event], over: Event, place: int) -> Floats:
    own = [event for event in pieces if event.of(place)]
    texts = [event.of(place) for event in own] or [""]
    sizes = np.array([len(text) for text in texts], dtype=float)
    alone = np.array([len(event.of(place)) for event in own if not (event.a and event.b)], dtype=float)
    # Models write whole words or parts of them: whoever's pieces end where words do is the one that is waited for.
    edges = [
        float(np.mean([text[-1:].isspace() for text in texts[:-1]] or [False])),
        float(np.mean([text[:1].isspace() for text in texts])),
    ]
    at = np.array([event.at for event in own] or [0.0])
    named = sum(event.first == SIDES[place] for event in (*pieces, over))
    times = [at[0], at[-1], over.at - at[-1], float(len(own)), *_of(np.diff(at))]
    return np.array(
        [
            *times,
            *edges,
            sizes[0],
            sizes[-1],
            sizes.sum(),
            *_of(sizes),
            *_of(alone),
            float(len(over.of(place))),
            float(named),
        ]
    )


def _of(values: Floats) -> tuple[float, float, float, float]:
    """Mean, spread, largest, and how much each is like the one before it."""
    if not values.size:
        return 0.0, 0.0, 0.0, 0.0
    apart = values - values.mean()
    like = float((apart[:-1] * apart[1:]).sum() / ((apart**2).sum() + 1e-9))
    return float(values.mean()), float(values.std()), float(values.max()), like


def linear(learnt: Floats, sides: Floats, tried: Floats) -> Floats:
    """Sides (1 and -1) of those that are tried, by a ridge regression on those that are learnt."""
    mean, spread = learnt.mean(0), learnt.std(0) + 1e-9
    values, others = (np.hstack([(each - mean) / spread, np.ones((len(each), 1))]) for each in (learnt, tried))
    weights = np.linalg.solve(values.T @ values + np.eye(values.shape[1]), values.T @ sides)
    return np.asarray(np.sign(others @ weights), dtype=float)


def trees(learnt: Floats, sides: Floats, tried: Floats) -> Floats:
    """The same by boosted trees, which find what only holds together."""
    from sklearn.ensemble import HistGradientBoostingClassifier  # type: ignore[import-untyped]
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    made = HistGradientBoostingClassifier(max_iter=80, learning_rate=0.06, max_leaf_nodes=15, random_state=1)
    # Threads that wait for each other on cores that others use take a hundred times as long.
    with threadpool_limits(1):
        return np.asarray(made.fit(learnt, sides).predict(tried), dtype=float)


def told(values: Sequence[Sequence[float]], sides: Sequence[str], by: Any = linear) -> float:
    """Share of battles in which the side is told, each by a classifier that was fitted on the other nine tenths."""
    table, is_a = np.array(values, dtype=float), np.array([1.0 if side == "a" else -1.0 for side in sides])
    fold = np.random.default_rng(1).permutation(len(is_a)) % FOLDS
    right = sum(
        float((by(table[fold != k], is_a[fold != k], table[fold == k]) == is_a[fold == k]).sum()) for k in range(FOLDS)
    )
    return right / len(is_a)


def margin(battles: int, deviations: float = 2.0) -> float:
    """How far from a half pure chance goes in so many battles, at so many standard deviations."""
    return float(deviations * 0.5 / battles**0.5)
