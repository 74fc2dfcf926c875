"""Asking without a network: what becomes of requests whose tasks end otherwise than they should, and at the wrong time."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import count

import pytest

from mintza.models.providers.asking import Asking
from mintza.models.providers.endpoints import Endpoint
from mintza.models.providers.outcomes import Answered, Failed, Outcome

Ask = Callable[[Endpoint, int], Awaitable[Outcome[str]]]


class Connections:
    """What `close` lets go of."""

    open = True

    async def close(self) -> None:
        # As a client's own closing, it takes some rounds of the loop.
        for _ in range(5):
            await asyncio.sleep(0)
        self.open = False


def middle() -> float:
    """Luck that spreads nothing."""
    return 0.5


def asking(
    ask: Ask, connections: Connections, *, tries: int = 5, clock: Callable[[], float] = time.monotonic
) -> Asking[int, str]:
    """Three requests at a time at one endpoint that is never given up."""
    endpoint = Endpoint("e", most=3, patience_s=1e9, tries=tries, luck=middle)
    return Asking(
        [endpoint],
        ask,
        failed=lambda request, why: f"{request} failed: {why}",
        close=connections.close,
        name="m",
        tries=tries,
        luck=middle,
        clock=clock,
    )


async def never(request: int) -> Answered[str]:
    """The first request is answered; the others wait for ever."""
    if request:
        await asyncio.Event().wait()
    return Answered(f"{request} answered")


def test_a_task_that_turns_its_cancellation_into_an_outcome_does_not_cut_the_ending_short() -> None:
    async def stubborn(_: Endpoint, request: int) -> Outcome[str]:
        try:
            return await never(request)
        except asyncio.CancelledError:
            return Failed("the time was up, says a library that swallows cancellations")

    connections = Connections()
    answers = asking(stubborn, connections).answers(count())
    assert next(answers) == (0, "0 answered")
    answers.close()  # type: ignore[attr-defined]
    assert not connections.open


def test_a_task_that_raises_when_it_is_cancelled_does_not_cut_the_ending_short() -> None:
    async def raising(_: Endpoint, request: int) -> Outcome[str]:
        try:
            return await never(request)
        except asyncio.CancelledError:
            raise OSError("a library that turns cancellations into errors") from None

    connections = Connections()
    answers = asking(raising, connections).answers(count())
    assert next(answers) == (0, "0 answered")
    answers.close()  # type: ignore[attr-defined]
    assert not connections.open


def test_a_request_whose_waiting_is_cancelled_by_a_library_is_asked_again() -> None:
    struck: set[int] = set()

    async def cancelled_once(_: Endpoint, request: int) -> Outcome[str]:
        if request == 1 and request not in struck:
            struck.add(request)
            raise asyncio.CancelledError
        return Answered(f"{request} answered")

    found = dict(asking(cancelled_once, Connections()).answers(range(4)))
    assert found == {number: f"{number} answered" for number in range(4)}


def test_what_falls_due_between_two_looks_at_the_clock_is_asked_and_nobody_waits_for_ever() -> None:
    """Each look at the clock takes 0.3 s: the second try, due 0.8 s after the first, falls due just before the wait begins."""
    looks = count()
    tried: list[int] = []

    async def fails_once(_: Endpoint, request: int) -> Outcome[str]:
        tried.append(request)
        return Failed("status 500") if len(tried) == 1 else Answered("well")

    def slow() -> float:
        return next(looks) * 0.3

    assert list(asking(fails_once, Connections(), clock=slow).answers([0])) == [(0, "well")]
    assert tried == [0, 0]


def test_an_interrupt_while_something_falls_due_leaves_no_timer_that_cuts_the_ending_short() -> None:
    class Slow(Connections):
        async def close(self) -> None:
            # Longer than the second try's 0.5 s: a timer that was left would strike now.
            await asyncio.sleep(0.7)
            self.open = False

    async def interrupted(_: Endpoint, request: int) -> Outcome[str]:
        if request:
            await asyncio.sleep(0.05)
            raise KeyboardInterrupt
        return Failed("status 500")

    connections = Slow()
    with pytest.raises(KeyboardInterrupt):
        list(asking(interrupted, connections).answers(range(2)))
    assert not connections.open


def test_a_reader_that_is_forgotten_is_let_go_of_within_another_ones_loop() -> None:
    connections = Connections()

    async def ask(_: Endpoint, request: int) -> Outcome[str]:
        return await never(request)

    def forgotten() -> None:
        answers: Iterator[tuple[int, str]] = asking(ask, connections).answers(count())
        next(answers)
        circle: list[object] = [answers]
        circle.append(circle)

    async def another() -> None:
        gc.collect()

    gc.disable()
    try:
        forgotten()
        assert connections.open
        asyncio.run(another())
    finally:
        gc.enable()
    assert not connections.open


def test_a_request_that_fails_in_all_its_tries_while_nobody_is_answered_is_asked_on() -> None:
    tried: list[int] = []

    async def at_last(_: Endpoint, request: int) -> Outcome[str]:
        tried.append(request)
        return Failed("status 500") if len(tried) < 4 else Answered("well")

    looks = count()
    found = list(asking(at_last, Connections(), tries=2, clock=lambda: next(looks) * 0.7).answers([0]))
    assert found == [(0, "well")]
    assert len(tried) == 4
