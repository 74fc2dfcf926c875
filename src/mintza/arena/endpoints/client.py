"""One model behind an OpenAI-compatible address, asked as a stream. What it sends is checked, never believed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import msgspec

from mintza.arena.settings import ArenaModel, Timeouts
from mintza.errors import MissingPart, ModelError

if TYPE_CHECKING:
    import aiohttp

LONGEST_LINE = 1_000_000
MOST_CHARACTERS_A_TOKEN = 12


class Asked(NamedTuple):
    """How a model was asked, as it is kept with the battle."""

    system_prompt: str
    temperature: float
    top_p: float
    max_tokens: int


class Piece(NamedTuple):
    """A piece of an answer. finish: how the model ended it (`stop`, `length`, other), None while it goes on."""

    text: str
    finish: str | None = None


class EndpointFailed(ModelError):
    """A model did not answer as it should. why: a code that is kept with the answer and counted."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why


class ModelEndpoint(Protocol):
    """Whatever answers a conversation piece by piece. Raises EndpointFailed."""

    def stream(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> AsyncGenerator[Piece, None]: ...


class HttpEndpoint:
    """A model of the settings. Raises MissingPart when the variable that holds its key is not set."""

    def __init__(self, name: str, settings: ArenaModel) -> None:
        self._model = settings.model
        self._where = settings.execution
        self._headers = _headers(name, self._where.key_env)
        self._opened: aiohttp.ClientSession | None = None

    async def stream(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> AsyncGenerator[Piece, None]:
        """Pieces of the answer; the last says how it ended. Raises EndpointFailed, within the timeouts whatever happens.

        Why: unreachable, http_STATUS, slow_first, stalled, too_slow, not_a_stream, error_in_stream, unfinished, too_long.
        """
        import aiohttp

        watch = _Watch(self._where.timeouts)
        reply: aiohttp.ClientResponse | None = None
        try:
            async with asyncio.timeout(watch.left):
                reply = await self._asked(turns, asked)
            if reply.status != 200:
                raise EndpointFailed(f"http_{reply.status}")
            watch.over(reply)
            async for piece in _pieces(reply, watch, asked.max_tokens * MOST_CHARACTERS_A_TOKEN):
                yield piece
        except TimeoutError:
            raise EndpointFailed(watch.first_why) from None
        except (aiohttp.ClientError, ValueError, OSError) as error:
            raise EndpointFailed(watch.why or "unreachable", f"{type(error).__name__}: {error}") from None
        finally:
            watch.end()
            if reply is not None:
                # What has come to its end goes back to the others; this closes only what has not.
                reply.release()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            await self._opened.close()

    async def _asked(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> aiohttp.ClientResponse:
        messages = [*turns]
        if asked.system_prompt:
            messages.insert(0, {"role": "system", "content": asked.system_prompt})
        body = {
            "model": self._model,
            "messages": messages,
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "max_tokens": asked.max_tokens,
            "stream": True,
        }
        address = self._where.url.rstrip("/") + "/chat/completions"
        return await self._client().post(address, json=body, allow_redirects=False)

    def _client(self) -> aiohttp.ClientSession:
        import aiohttp

        if self._opened is None:
            self._opened = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=self._where.connections),
                headers=self._headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=self._where.timeouts.connect),
                trust_env=False,
            )
        return self._opened


class _Watch:
    """Breaks off an answer that does not come. One timer for all of it: pieces only note that they came.

    why: it was broken off, None while it was not.
    """

    def __init__(self, timeouts: Timeouts) -> None:
        self._loop = asyncio.get_running_loop()
        self._timeouts = timeouts
        self._heard = self._loop.time()
        self._end = self._heard + timeouts.total
        self._begun = False
        self._timer: asyncio.TimerHandle | None = None
        self._reply: aiohttp.ClientResponse | None = None
        self.why: str | None = None

    @property
    def left(self) -> float:
        """Seconds until an answer has to have begun."""
        return min(self._timeouts.first, self._timeouts.total)

    @property
    def first_why(self) -> str:
        """Of an answer that did not begin."""
        return "slow_first" if self._timeouts.first < self._timeouts.total else "too_slow"

    def over(self, reply: aiohttp.ClientResponse) -> None:
        """From now on."""
        self._reply = reply
        self._look()

    def heard(self) -> None:
        """Some words came."""
        self._heard = self._loop.time()
        if not self._begun:
            self._begun = True
            self._look()

    def end(self) -> None:
        """It is no longer waited for."""
        if self._timer is not None:
            self._timer.cancel()

    def _look(self) -> None:
        self.end()
        wait, why = (self._timeouts.stall, "stalled") if self._begun else (self._timeouts.first, "slow_first")
        due = min(self._heard + wait, self._end)
        if self._loop.time() < due:
            self._timer = self._loop.call_at(due, self._look)
            return
        self.why = "too_slow" if due == self._end else why
        if self._reply is not None:
            self._reply.close()


async def _pieces(reply: aiohttp.ClientResponse, watch: _Watch, limit: int) -> AsyncGenerator[Piece, None]:
    """Pieces to the one that says how it ended. limit: characters. Raises EndpointFailed, and what aiohttp raises."""
    lines = _Lines()
    async for data in reply.content.iter_any():
        for piece in lines.pieces(data):
            limit -= len(piece.text)
            if limit < 0:
                raise EndpointFailed("too_long")
            if piece.text:
                watch.heard()
            yield piece
            if piece.finish is not None:
                return
    for piece in lines.pieces(b"\n"):
        yield piece
        if piece.finish is not None:
            return
    raise EndpointFailed(watch.why or "unfinished", "the stream ended without saying how")


class _Lines:
    """Cuts a body into lines. A line that never ends is refused."""

    def __init__(self) -> None:
        self._waiting = b""

    def pieces(self, data: bytes) -> Iterator[Piece]:
        """What the lines say that are whole by now. Raises EndpointFailed."""
        *whole, self._waiting = (self._waiting + data).split(b"\n")
        for line in whole:
            piece = _piece(line)
            if piece is not None:
                yield piece
        if len(self._waiting) > LONGEST_LINE:
            raise EndpointFailed("not_a_stream", "a line without end")


def _headers(name: str, key_env: str | None) -> dict[str, str]:
    if key_env is None:
        return {}
    key = os.environ.get(key_env, "")
    if not key:
        raise MissingPart(f"the key of model '{name}' is not set", remedy=f"set the environment variable {key_env}")
    return {"Authorization": f"Bearer {key}"}


class _Delta(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    delta: _Delta | None = None
    finish_reason: str | None = None


class _Event(msgspec.Struct):
    choices: list[_Choice] | None = None
    error: Any = None


_EVENT: msgspec.json.Decoder[_Event] = msgspec.json.Decoder(_Event)


def _event(data: bytes) -> _Event:
    """Raises ValueError for what is no event."""
    try:
        return _EVENT.decode(data)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError:
        # Servers may cut a pair of surrogates in two, which msgspec does not read.
        return msgspec.convert(json.loads(data), _Event)


def _piece(line: bytes) -> Piece | None:
    """What a line of the stream says; None for one that says nothing."""
    line = line.strip()
    if not line or line.startswith((b":", b"event:", b"id:", b"retry:")):
        return None
    if not line.startswith(b"data:"):
        raise EndpointFailed("not_a_stream", "a line that is no event")
    data = line[5:].strip()
    if data == b"[DONE]":
        return None
    try:
        event = _event(data)
    except (ValueError, RecursionError) as error:
        raise EndpointFailed("not_a_stream", str(error)) from None
    if event.error:
        raise EndpointFailed("error_in_stream")
    if not event.choices:
        return None
    first = event.choices[0]
    text = (first.delta.content if first.delta is not None else None) or ""
    if not text and first.finish_reason is None:
        return None
    # Half of a surrogate pair cannot be stored or sent on.
    return Piece(text.encode("utf-8", "replace").decode("utf-8").replace("\x00", ""), first.finish_reason)
