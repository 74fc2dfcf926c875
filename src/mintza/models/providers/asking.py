"""Asking with several requests on their way, at one address or shared among several: bounded, patient, nothing asked twice in vain."""

from __future__ import annotations

import asyncio
import heapq
import threading
import time
import weakref
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Generic, TypeVar

from mintza.errors import ModelError
from mintza.models.providers.endpoints import Endpoint
from mintza.models.providers.outcomes import Answered, Busy, Failed, Outcome, Refused, Unusable

Request = TypeVar("Request")
Reply = TypeVar("Reply")

_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 30.0
_TENDED_S = 1.0


@dataclass(slots=True)
class _Errand(Generic[Request]):
    """A request on its way. number: its place among the requests.  began: its first sending.  avoid: who failed it last.

    unusable: whether it had an answer already that left what it was to keep to.
    """

    number: int
    request: Request
    failures: int = 0
    unusable: bool = False
    began: float = 0.0
    sent: float = 0.0
    avoid: Endpoint | None = None


@dataclass
class _Loop:
    """An event loop, what runs in it, and what came of it. Ends with `given_up`, at the latest when the program does."""

    close: Callable[[], Awaitable[None]]
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    ending: bool = False

    def wake(self) -> None:
        """Let whoever runs the loop look at what came. Nobody does while it ends, and nothing must cut that short."""
        if not self.ending:
            self.loop.stop()

    def give_up(self) -> None:
        """Cancel what runs, let go of the connections, close the loop. The collector may call it from within another loop."""
        if self.loop.is_closed():
            return
        self.ending = True
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            self._end()
        else:
            # A thread runs one loop at a time.
            ends = threading.Thread(target=self._end)
            ends.start()
            ends.join()

    def _end(self) -> None:
        async def given_up() -> None:
            for task in self.tasks:
                task.cancel()
            await asyncio.gather(*self.tasks, return_exceptions=True)
            await self.close()

        self.loop.run_until_complete(given_up())
        self.loop.close()


class Asking(Generic[Request, Reply]):
    """Shares requests among endpoints, whoever has room; gives answers as they come, each with its request's place.

    ask: sends one request to one endpoint and says what came of it; what it raises is raised by `answers`.
    failed: makes the reply of a request that came to nothing `tries` times while others were answered.
    close: lets go of the connections.  name: of the model, for errors.
    tend: for endpoints that come and go. Called about every second, it gives up those that are gone, gives those that came,
    and raises when none will; a request is then not at fault for what went with its endpoint.
    Requests are read in the caller's thread, no faster than they can be sent. Nothing runs between two answers that the
    caller asks for: a reader that waits longer than the timeout makes requests time out.
    """

    def __init__(
        self,
        endpoints: Iterable[Endpoint],
        ask: Callable[[Endpoint, Request], Awaitable[Outcome[Reply]]],
        *,
        failed: Callable[[Request, str], Reply],
        close: Callable[[], Awaitable[None]],
        name: str,
        tries: int,
        luck: Callable[[], float],
        clock: Callable[[], float] = time.monotonic,
        tend: Callable[[Sequence[Endpoint]], Iterable[Endpoint]] | None = None,
    ) -> None:
        self._endpoints = list(endpoints)
        self._tend = tend
        self._tended_at = float("-inf")
        self._ask = ask
        self._made_failed = failed
        self._name = name
        self._tries = tries
        self._luck = luck
        self._clock = clock
        self._running = _Loop(close)
        self._stop = weakref.finalize(self, self._running.give_up)
        self._done: deque[tuple[_Errand[Request], Endpoint, Outcome[Reply] | BaseException]] = deque()
        self._again: list[tuple[float, int, _Errand[Request]]] = []
        self._ties = count()

    def answers(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply]]:
        """Answers with the places of their requests. Raises ModelError when every endpoint is given up.

        What is still on its way is given up when the generator is closed.
        """
        source = enumerate(requests)
        try:
            more = True
            while True:
                self._tended()
                more, looked = self._send(source, more)
                if not more and not self._under_way() and not self._again:
                    return
                if self._tend is None and all(endpoint.given_up for endpoint in self._endpoints):
                    raise self._nobody_left()
                self._wait(looked)
                while self._done:
                    yield from self._settled(*self._done.popleft())
        finally:
            self._stop()

    def _tended(self) -> None:
        if self._tend is not None and self._clock() - self._tended_at >= _TENDED_S:
            self._endpoints += self._tend(tuple(self._endpoints))
            self._tended_at = self._clock()

    def _send(self, source: Iterator[tuple[int, Request]], more: bool) -> tuple[bool, float]:
        """Send what there is room for; whether there may be more requests, and the time at which there was room no more."""
        while True:
            now = self._clock()
            again = bool(self._again) and self._again[0][0] <= now
            room = more and len(self._again) < sum(endpoint.most for endpoint in self._endpoints)
            if not again and not room:
                return more, now
            endpoint = self._free(now, self._again[0][2].avoid if again else None)
            if endpoint is None:
                return more, now
            if again:
                errand = heapq.heappop(self._again)[2]
            else:
                following = next(source, None)
                if following is None:
                    more = False
                    continue
                errand = _Errand(*following)
            self._sent(errand, endpoint)

    def _under_way(self) -> int:
        # Not the number of tasks: one that has said what came of it is not gone before the loop's next turn.
        return sum(endpoint.under_way for endpoint in self._endpoints)

    def _free(self, now: float, avoid: Endpoint | None) -> Endpoint | None:
        free = [endpoint for endpoint in self._endpoints if endpoint.free(now)]
        free = [endpoint for endpoint in free if endpoint is not avoid] or free
        return min(free, key=lambda endpoint: (endpoint.load, endpoint.answered), default=None)

    def _sent(self, errand: _Errand[Request], endpoint: Endpoint) -> None:
        errand.sent = self._clock()
        errand.began = errand.began or errand.sent
        endpoint.under_way += 1
        task = self._running.loop.create_task(self._carried(errand, endpoint))
        self._running.tasks.add(task)
        task.add_done_callback(self._running.tasks.discard)

    async def _carried(self, errand: _Errand[Request], endpoint: Endpoint) -> None:
        outcome: Outcome[Reply] | BaseException
        try:
            outcome = await self._ask(endpoint, errand.request)
        except asyncio.CancelledError:
            # A library beneath may cancel what we await, and nobody would hear of the request again.
            if self._running.ending:
                raise
            outcome = Failed("what it waited for was cancelled")
        except Exception as error:
            outcome = error
        self._done.append((errand, endpoint, outcome))
        self._running.wake()

    def _wait(self, looked: float) -> None:
        """Let the loop run until something came of a request, or something falls due.

        looked: when there was last looked for what is due. What fell due since then counts too: nothing else might wake us.
        """
        due = [when for when, *_ in self._again[:1] if when > looked]
        due += [e.rests_until for e in self._endpoints if not e.given_up and e.rests_until > looked]
        due += [] if self._tend is None else [self._tended_at + _TENDED_S]
        loop, wake = self._running.loop, self._running.wake
        timer = loop.call_later(max(0.0, min(due) - self._clock()), wake) if due else None
        try:
            loop.run_forever()
        finally:
            if timer is not None:
                timer.cancel()

    def _settled(
        self, errand: _Errand[Request], endpoint: Endpoint, outcome: Outcome[Reply] | BaseException
    ) -> Iterator[tuple[int, Reply]]:
        now = self._clock()
        endpoint.under_way -= 1
        match outcome:
            case Answered():
                endpoint.answers(now, outcome.tokens)
                yield errand.number, outcome.reply
            case Busy():
                endpoint.is_busy(errand.sent, now, outcome.after_s)
                self._put_back(errand, endpoint, now + _FIRST_WAIT_S * self._luck())
            case Failed():
                endpoint.fails(now, outcome.problem)
                others = any(one.last_answer >= errand.began for one in self._endpoints)
                yield from self._failed(errand, endpoint, outcome, last=others)
            case Unusable():
                # A greedy model would say the same for ever, and each time costs: once more, then it is taken as it is.
                endpoint.answers(now, outcome.tokens)
                if errand.unusable:
                    yield errand.number, outcome.reply
                else:
                    errand.unusable = True
                    self._put_back(errand, endpoint, now)
            case Refused():
                endpoint.refuses(outcome.status, outcome.problem)
                if endpoint.given_up:
                    self._put_back(errand, endpoint, now)
                else:
                    yield errand.number, outcome.reply
            case _:
                raise outcome

    def _failed(
        self, errand: _Errand[Request], endpoint: Endpoint, outcome: Failed, *, last: bool
    ) -> Iterator[tuple[int, Reply]]:
        """Ask again; after the last try end the request, if it is at fault. While nobody is answered, the endpoint is."""
        # An endpoint that came and went takes its requests with it: they count that once, and not each try to reach it.
        gone = self._tend is not None and errand.avoid is endpoint and endpoint.last_answer < errand.sent
        errand.failures += not gone
        if errand.failures >= self._tries and last:
            why = f"no answer in {errand.failures} tries: {outcome.problem}"
            yield errand.number, self._made_failed(errand.request, why)
            return
        wait = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** (errand.failures - 1)) * (0.5 + self._luck())
        self._put_back(errand, endpoint, self._clock() + max(wait, outcome.after_s or 0.0))

    def _put_back(self, errand: _Errand[Request], endpoint: Endpoint, due: float) -> None:
        errand.avoid = endpoint
        heapq.heappush(self._again, (due, next(self._ties), errand))

    def _nobody_left(self) -> ModelError:
        lines = [f"{endpoint.name}: {endpoint.given_up}" for endpoint in self._endpoints]
        left = len(self._again) + self._under_way()
        answered = sum(endpoint.answered for endpoint in self._endpoints)
        remedies = dict.fromkeys(endpoint.remedy for endpoint in self._endpoints)
        return ModelError(
            f"model {self._name!r}: nobody is left to ask, with {left} requests on their way and {answered} answered",
            place="; ".join(lines),
            remedy=f"{'; '.join(remedies)}; then run the same command again: what was answered is in the journal",
        )


def as_they_come(
    requests: Iterable[Request],
    ask: Callable[[Request], Awaitable[Reply]],
    *,
    width: int,
    close: Callable[[], Awaitable[None]],
) -> Iterator[tuple[int, Reply]]:
    """The answers of one engine that never needs a second try, up to `width` requests on their way at a time."""

    async def answered(_: Endpoint, request: Request) -> Outcome[Reply]:
        return Answered(await ask(request))

    def never(_: Request, why: str) -> Any:
        raise ModelError(why)

    engine = Endpoint("engine", most=width, patience_s=0.0, tries=1, luck=float)
    asking: Asking[Request, Reply] = Asking(
        [engine], answered, failed=never, close=close, name="engine", tries=1, luck=float
    )
    return asking.answers(requests)


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
