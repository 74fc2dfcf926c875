"""One model behind an OpenAI-compatible address, asked as a stream. What it sends is checked, never believed."""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, Protocol

from mintza.arena.settings import ArenaModel
from mintza.errors import MissingPart, ModelError

if TYPE_CHECKING:
    import httpx

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
        self._opened: httpx.AsyncClient | None = None

    async def stream(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> AsyncGenerator[Piece, None]:
        """Pieces of the answer; the last says how it ended. Raises EndpointFailed, within the timeouts whatever happens.

        Why: unreachable, http_STATUS, slow_first, stalled, too_slow, not_a_stream, error_in_stream, unfinished, too_long.
        """
        import httpx

        pieces = self._pieces(turns, asked)
        limit = asked.max_tokens * MOST_CHARACTERS_A_TOKEN
        deadline = asyncio.get_running_loop().time() + self._where.timeouts.total
        wait, why = self._where.timeouts.first, "slow_first"
        try:
            while True:
                left = deadline - asyncio.get_running_loop().time()
                try:
                    async with asyncio.timeout(max(0.0, min(wait, left))):
                        piece = await anext(pieces)
                except TimeoutError:
                    raise EndpointFailed(why if left > wait else "too_slow") from None
                except StopAsyncIteration:
                    raise EndpointFailed("unfinished", "the stream ended without saying how") from None
                except (httpx.HTTPError, httpx.InvalidURL, ValueError, OSError) as error:
                    raise EndpointFailed("unreachable", f"{type(error).__name__}: {error}") from None
                limit -= len(piece.text)
                if limit < 0:
                    raise EndpointFailed("too_long")
                if piece.text:
                    wait, why = self._where.timeouts.stall, "stalled"
                yield piece
                if piece.finish is not None:
                    return
        finally:
            await pieces.aclose()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._opened is not None:
            await self._opened.aclose()

    async def _pieces(self, turns: Sequence[Mapping[str, str]], asked: Asked) -> AsyncGenerator[Piece, None]:
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
        async with self._client().stream("POST", address, json=body) as reply:
            if reply.status_code != 200:
                raise EndpointFailed(f"http_{reply.status_code}")
            async for line in _lines(reply):
                piece = _piece(line)
                if piece is not None:
                    yield piece

    def _client(self) -> httpx.AsyncClient:
        import httpx

        if self._opened is None:
            where = self._where
            self._opened = httpx.AsyncClient(
                headers=self._headers,
                timeout=httpx.Timeout(where.timeouts.total, connect=where.timeouts.connect, pool=where.timeouts.first),
                limits=httpx.Limits(max_connections=where.connections, max_keepalive_connections=where.connections),
                trust_env=False,
            )
        return self._opened


def _headers(name: str, key_env: str | None) -> dict[str, str]:
    if key_env is None:
        return {}
    key = os.environ.get(key_env, "")
    if not key:
        raise MissingPart(f"the key of model '{name}' is not set", remedy=f"set the environment variable {key_env}")
    return {"Authorization": f"Bearer {key}"}


async def _lines(reply: httpx.Response) -> AsyncIterator[bytes]:
    """Lines of a body. A line that never ends is refused: httpx's own would keep it all."""
    waiting = b""
    async for chunk in reply.aiter_bytes():
        waiting += chunk
        *whole, waiting = waiting.split(b"\n")
        for line in whole:
            yield line
        if len(waiting) > LONGEST_LINE:
            raise EndpointFailed("not_a_stream", "a line without end")
    if waiting:
        yield waiting


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
        event = json.loads(data)
    except ValueError:
        raise EndpointFailed("not_a_stream", "an event that is not JSON") from None
    if not isinstance(event, dict) or event.get("error"):
        raise EndpointFailed("error_in_stream")
    choices = event.get("choices")
    if not choices:
        return None
    return _choice(choices)


def _choice(choices: object) -> Piece | None:
    first = choices[0] if isinstance(choices, list) else None
    if not isinstance(first, dict):
        raise EndpointFailed("not_a_stream", "a choice that is none")
    delta = first.get("delta") or {}
    text = delta.get("content") if isinstance(delta, dict) else None
    finish = first.get("finish_reason")
    if not isinstance(text, str | None) or not isinstance(finish, str | None):
        raise EndpointFailed("not_a_stream", "an event of another shape")
    if not text and finish is None:
        return None
    # Half of a surrogate pair cannot be stored or sent on.
    return Piece((text or "").encode("utf-8", "replace").decode("utf-8").replace("\x00", ""), finish)
