"""One model behind an OpenAI-compatible address, asked as a stream. What it sends is checked, never believed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from mintza.arena.endpoints.connections import Address, Connection, Connections, address_of
from mintza.arena.endpoints.events import Answering, EndpointFailed
from mintza.arena.settings import ArenaModel, Timeouts
from mintza.errors import MissingPart, StudyError

__all__ = ["Asked", "EndpointFailed", "HttpEndpoint", "ModelEndpoint"]
MOST_CHARACTERS_A_TOKEN = 12


class Asked(NamedTuple):
    """How a model was asked, as it is kept with the battle."""

    system_prompt: str
    temperature: float
    top_p: float
    max_tokens: int


class ModelEndpoint(Protocol):
    """Whatever answers a conversation. `heard` is told each piece as it comes; then how the model ended it. Raises EndpointFailed."""

    async def answer(self, turns: Sequence[Mapping[str, str]], asked: Asked, heard: Callable[[str], None]) -> str: ...


class HttpEndpoint:
    """A model of the settings. Raises MissingPart where the variable of its key is not set, StudyError where its address is none."""

    def __init__(self, name: str, settings: ArenaModel) -> None:
        self._model = settings.model
        self._where = settings.execution
        try:
            self._address = address_of(self._where.url)
        except ValueError as error:
            raise StudyError(
                f"models.{name}.execution.url: {error}", remedy="write an address such as http://127.0.0.1:8000/v1"
            ) from None
        self._head = _head(name, self._address, self._where.key_env)
        self._opened: Connections | None = None

    async def answer(self, turns: Sequence[Mapping[str, str]], asked: Asked, heard: Callable[[str], None]) -> str:
        """How the model ended it: `stop`, `length`, other. Raises EndpointFailed, within the timeouts whatever happens.

        Why: unreachable, http_STATUS, slow_first, stalled, too_slow, not_a_stream, error_in_stream, unfinished, too_long.
        """
        question, limit = self._question(turns, asked), asked.max_tokens * MOST_CHARACTERS_A_TOKEN
        watch = _Watch(self._where.timeouts)
        try:
            for fresh in (False, True):
                answering = Answering(heard, limit)
                connection = await self._taken(watch, fresh=fresh)
                used, whole = connection.answered > 0, False
                try:
                    connection.ask(question, answering)
                    watch.over(answering)
                    finish = await answering.ended
                    whole = True
                    return finish
                except EndpointFailed:
                    # A server may close a connection that rests just when it is asked: that question was never heard.
                    if fresh or not used or not connection.silent or watch.why:
                        raise
                finally:
                    connection.leave(answering, whole=whole)
            raise AssertionError("a fresh connection was asked")
        finally:
            watch.end()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            self._opened.close()

    async def _taken(self, watch: _Watch, *, fresh: bool) -> Connection:
        if self._opened is None:
            self._opened = Connections(self._address, self._where.connections, self._where.timeouts.connect)
        try:
            async with asyncio.timeout(watch.left):
                return await self._opened.take(fresh=fresh)
        except TimeoutError:
            raise EndpointFailed(watch.first_why) from None

    def _question(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> bytes:
        messages = [*turns]
        if asked.system_prompt:
            messages.insert(0, {"role": "system", "content": asked.system_prompt})
        body = msgspec.json.encode(
            {
                "model": self._model,
                "messages": messages,
                "temperature": asked.temperature,
                "top_p": asked.top_p,
                "max_tokens": asked.max_tokens,
                "stream": True,
            }
        )
        return self._head + b"Content-Length: %d\r\n\r\n" % len(body) + body


class _Watch:
    """Breaks off an answer that does not come. One timer for all of it: pieces only note that they came.

    why: it was broken off, None while it was not.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._began = self._loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._answering: Answering | None = None
        self.why: str | None = None

    @property
    def left(self) -> float:
        """Seconds until an answer has to have begun."""
        return max(0.0, self._began + min(self._timeouts.first, self._timeouts.total) - self._loop.time())

    @property
    def first_why(self) -> str:
        """Of an answer that did not begin."""
        return "slow_first" if self._timeouts.first < self._timeouts.total else "too_slow"

    def over(self, answering: Answering) -> None:
        """From now on."""
        self._answering = answering
        self._look()

    def end(self) -> None:
        """It is no longer waited for."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self.end()
        assert self._answering is not None
        end, heard_at = self._began + self._timeouts.total, self._answering.heard_at
        if heard_at is None:
            due, why = self._began + self._timeouts.first, "slow_first"
        else:
            due, why = heard_at + self._timeouts.stall, "stalled"
        if self._loop.time() < min(due, end):
            # Pieces come meanwhile: it is looked again as soon as those that follow could be late.
            soon = self._loop.time() + self._timeouts.stall if heard_at is None else due
            self._timer = self._loop.call_at(min(due, end, soon), self._look)
            return
        self.why = why if due < end else "too_slow"
        self._answering.fail(EndpointFailed(self.why))


def _head(name: str, address: Address, key_env: str | None) -> bytes:
    """Of every question, but for its length."""
    lines = [
        f"POST {address.path} HTTP/1.1",
        f"Host: {address.host}",
        "User-Agent: mintza",
        "Accept: */*",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
    ]
    if key_env is not None:
        lines.append(f"Authorization: Bearer {_key(name, key_env)}")
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _key(name: str, key_env: str) -> str:
    key = os.environ.get(key_env, "").strip()
    if not key:
        raise MissingPart(f"the key of model '{name}' is not set", remedy=f"set the environment variable {key_env}")
    if not key.isascii() or not key.isprintable():
        raise MissingPart(
            f"the key of model '{name}' holds a character that no key has",
            remedy=f"look at the environment variable {key_env}",
        )
    return key
