"""Asking over HTTP with several requests on their way: bounded, cancelled when the reader stops, answers put back in order."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import httpx

Request = TypeVar("Request")
Reply = TypeVar("Reply")


def as_they_come(
    requests: Iterable[Request],
    ask: Callable[[httpx.AsyncClient, Request], Awaitable[Reply]],
    *,
    width: int,
    client: Callable[[], httpx.AsyncClient],
) -> Iterator[tuple[int, Reply]]:
    """Answers with the places of their requests, in any order; up to `width` requests are on their way at a time.

    Requests are read in the caller's thread, only as fast as they can be sent. What `ask` raises is raised here, and what is
    still on its way is then given up, as it is when the generator is closed.
    """
    source = enumerate(requests)
    errand = _Errand(client())
    try:
        more = True
        while True:
            while more and len(errand.under_way) < width:
                following = next(source, None)
                more = following is not None
                if following is not None:
                    errand.send(following[0], ask(errand.client, following[1]))
            if not errand.under_way:
                return
            yield from errand.back()
    finally:
        errand.stop()


def in_order(answers: Iterator[tuple[int, Reply]]) -> Iterator[Reply]:
    """The same answers in the order of their requests."""
    early: dict[int, Reply] = {}
    following = 0
    try:
        for number, answer in answers:
            early[number] = answer
            while following in early:
                yield early.pop(following)
                following += 1
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()


class _Errand:
    """An event loop with requests on their way. `stop` gives them up; it also runs when a program ends without it."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.under_way: dict[asyncio.Task[Any], int] = {}
        self._loop = asyncio.new_event_loop()
        self.stop = weakref.finalize(self, _given_up, self._loop, self.under_way, client)

    def send(self, number: int, asked: Awaitable[Any]) -> None:
        self.under_way[self._loop.create_task(_awaited(asked))] = number

    def back(self) -> Iterator[tuple[int, Any]]:
        """Wait for at least one answer."""
        waiting = asyncio.wait(self.under_way, return_when=asyncio.FIRST_COMPLETED)
        done, _ = self._loop.run_until_complete(waiting)
        for task in sorted(done, key=self.under_way.__getitem__):
            number = self.under_way.pop(task)
            yield number, task.result()


async def _awaited(asked: Awaitable[Any]) -> Any:
    return await asked


def _given_up(
    loop: asyncio.AbstractEventLoop, under_way: dict[asyncio.Task[Any], int], client: httpx.AsyncClient
) -> None:
    async def give_up() -> None:
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
        await client.aclose()

    loop.run_until_complete(give_up())
    loop.close()
