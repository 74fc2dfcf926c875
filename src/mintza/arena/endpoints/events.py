"""What a model's server streams, read as it comes: events with pieces of an answer, to the one that says how it ended."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import msgspec

from mintza.errors import ModelError

LONGEST_LINE = 1_000_000
OK = 200


class EndpointFailed(ModelError):
    """A model did not answer as it should. why: a code that is kept with the answer and counted."""

    def __init__(self, why: str, detail: str = "") -> None:
        super().__init__(detail or why)
        self.why = why


class Answering:
    """One answer, while it comes: what a connection takes in, and where it tells pieces. Nothing here waits.

    heard: told each piece.  limit: characters in all.  ended: how the model ended it, or EndpointFailed.
    """

    def __init__(self, heard: Callable[[str], None], limit: int) -> None:
        self._heard = heard
        self._left = limit
        self._waiting = b""
        self._begun = False
        self.heard_at: float | None = None
        self._time = asyncio.get_running_loop().time
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def begin(self, status: int) -> None:
        """The server answers."""
        self._begun = True
        if status != OK:
            self.fail(EndpointFailed(f"http_{status}"))

    def feed(self, data: bytes) -> None:
        """More of the body. Whatever is wrong with it ends the answer; nothing is raised into the connection."""
        if self.ended.done():
            return
        try:
            *whole, self._waiting = (self._waiting + data).split(b"\n")
            for line in whole:
                if len(line) > 1 and self._take(line):
                    return
            if len(self._waiting) > LONGEST_LINE:
                raise EndpointFailed("not_a_stream", "a line without end")
        except Exception as error:
            self.fail(error)

    def over(self) -> None:
        """The body is at its end, or the connection is."""
        self.feed(b"\n")
        if self._begun:
            self.fail(EndpointFailed("unfinished", "the stream ended without saying how"))
        else:
            self.fail(EndpointFailed("unreachable", "the connection ended before any answer"))

    def fail(self, error: BaseException) -> None:
        """It ends so, unless it has ended."""
        if not self.ended.done():
            self.ended.set_exception(error)
            # Nobody may wait any more.
            self.ended.exception()

    def _take(self, line: bytes) -> bool:
        """A line; whether the answer has ended with it. Raises EndpointFailed."""
        found = _piece(line)
        if found is None:
            return False
        text, finish = found
        if text:
            self._left -= len(text)
            if self._left < 0:
                raise EndpointFailed("too_long")
            self.heard_at = self._time()
            self._heard(text)
        if finish is None:
            return False
        self.ended.set_result(finish)
        return True


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
        # Servers may cut a pair of surrogates in two, which msgspec does not read, and which cannot be stored or sent on.
        return msgspec.convert(_storable(json.loads(data)), _Event)


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [_storable(each) for each in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(each) for name, each in value.items()}
    return value


def _piece(line: bytes) -> tuple[str, str | None] | None:
    """What a line of the stream says, and how the answer ended, if it did; None for one that says nothing. Raises EndpointFailed."""
    if not line.startswith(b"data:"):
        line = line.strip()
        if not line or line.startswith((b":", b"event:", b"id:", b"retry:")):
            return None
        if not line.startswith(b"data:"):
            raise EndpointFailed("not_a_stream", "a line that is no event")
    data = line[5:]
    if data.strip() == b"[DONE]":
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
    if "\x00" in text:
        text = text.replace("\x00", "")
    return text, first.finish_reason
