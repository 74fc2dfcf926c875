"""Connections to one server, kept for the next question. The one file that knows httptools.

A piece of an answer goes from the socket to whoever hears it in one call, without a task, a future or a copy of its own.
"""

from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, NamedTuple, cast
from urllib.parse import quote, urlsplit

from mintza.arena.endpoints.events import OK, Answering, EndpointFailed

if TYPE_CHECKING:
    from httptools import HttpResponseParser

LARGEST_HEAD = 256 * 1024
# A connection that rests is taken again for so long: servers and what stands between forget about it later.
RESTS_S = 15.0
# What follows the end of an answer is waited for so long before the connection is given up.
LINGERS_S = 2.0


class Address(NamedTuple):
    """Where questions go. host: as the header says it.  path: with what follows a question mark."""

    name: str
    port: int
    tls: bool
    host: str
    path: str


def address_of(url: str) -> Address:
    """Of a URL up to and with `/v1`. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or parts.username is not None:
        raise ValueError("no host" if not parts.hostname else "a name before the host: give a key by key_env")
    name = parts.hostname if parts.hostname.isascii() else parts.hostname.encode("idna").decode()
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    shown = f"[{name}]" if ":" in name else name
    host = shown if parts.port is None else f"{shown}:{port}"
    path = quote(parts.path.rstrip("/"), safe="/%:@!$&'()*+,;=~") + "/chat/completions"
    return Address(
        name, port, tls, host, path + (f"?{quote(parts.query, safe='/%:@!$&()*+,;=~?')}" if parts.query else "")
    )


class Connection(asyncio.Protocol):
    """One connection: a question, its answer, the next question."""

    def __init__(self, pool: Connections) -> None:
        self._pool = pool
        self._transport: asyncio.Transport | None = None
        self._answering: Answering | None = None
        self._parser: HttpResponseParser | None = None
        self._head = 0
        self._status = 0
        self._lingers: asyncio.TimerHandle | None = None
        self.rested_at = 0.0
        self.answered = 0
        """Questions whose answers came to their end."""

    def ask(self, question: bytes, answering: Answering) -> None:
        """Put a question; the answer goes there."""
        from httptools import HttpResponseParser

        self._head = self._status = 0
        if self._transport is None:
            answering.over()
            self._pool.rests(self)
            return
        self._parser, self._answering = HttpResponseParser(self), answering
        self._transport.write(question)

    def leave(self, answering: Answering, *, whole: bool) -> None:
        """Nobody hears it any more. Of a whole answer the last bytes are waited for, and the connection is kept; else it is closed."""
        if self._answering is not answering:
            # Its last byte has come, and another question may be under way.
            return
        if whole:
            self._lingers = asyncio.get_running_loop().call_later(LINGERS_S, self.close)
        else:
            self.close()

    def close(self) -> None:
        """At once."""
        if self._transport is not None:
            self._transport.abort()

    @property
    def there(self) -> bool:
        """Whether one can still ask."""
        return self._transport is not None and not self._transport.is_closing()

    @property
    def silent(self) -> bool:
        """Whether nothing at all has come of the answer."""
        return self._head == 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def connection_lost(self, error: Exception | None) -> None:
        answering, self._answering, self._transport = self._answering, None, None
        self._rest()
        if answering is not None:
            answering.over()

    def data_received(self, data: bytes) -> None:
        if self._answering is None or self._parser is None:
            # Nobody has asked: it would be taken for the next one's answer.
            self.close()
            return
        if not self._status:
            self._head += len(data)
            if self._head > LARGEST_HEAD:
                self._broken("a head without end")
                return
        try:
            self._parser.feed_data(data)
        except Exception as error:
            self._broken(str(error))

    def on_message_begin(self) -> None:
        """Of httptools: an answer begins."""
        if self._answering is None:
            self.close()

    def on_headers_complete(self) -> None:
        """Of httptools: the status is known."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status >= OK and self._answering is not None:
            self._status = status
            self._answering.begin(status)

    def on_body(self, data: bytes) -> None:
        """Of httptools: more of the body."""
        if self._answering is not None:
            self._answering.feed(data)

    def on_message_complete(self) -> None:
        """Of httptools: the answer is whole."""
        if not self._status or self._answering is None or self._parser is None:
            return
        answering, self._answering = self._answering, None
        self.answered += 1
        answering.over()
        if not self._parser.should_keep_alive():
            self.close()
        self._rest()

    def _broken(self, why: str) -> None:
        if self._answering is not None:
            self._answering.fail(EndpointFailed("not_a_stream", why))
        self.close()

    def _rest(self) -> None:
        if self._lingers is not None:
            self._lingers.cancel()
            self._lingers = None
        self.rested_at = asyncio.get_running_loop().time()
        self._pool.rests(self)


class Connections:
    """All to one address. most: at a time, others wait.  connect_s: seconds until one has to be there."""

    def __init__(self, address: Address, most: int, connect_s: float) -> None:
        self._address = address
        self._connect_s = connect_s
        self._places = asyncio.Semaphore(most)
        self._out: set[Connection] = set()
        self._resting: list[Connection] = []
        self._tls: ssl.SSLContext | None = None

    async def take(self, *, fresh: bool = False) -> Connection:
        """One that nobody else has; it comes back by itself. fresh: none that has rested. Raises EndpointFailed."""
        await self._places.acquire()
        try:
            made = None if fresh else self._rested()
            made = made or await self._made()
        except BaseException:
            self._places.release()
            raise
        self._out.add(made)
        return made

    def rests(self, connection: Connection) -> None:
        """Its answer has come to an end, or it has."""
        if connection in self._out:
            self._out.remove(connection)
            self._places.release()
            if connection.there:
                self._resting.append(connection)
        elif not connection.there and connection in self._resting:
            self._resting.remove(connection)

    def close(self) -> None:
        """All of them."""
        for each in (*self._resting, *self._out):
            each.close()

    def _rested(self) -> Connection | None:
        """The one that was used last: those that are never taken again get old and go."""
        young = asyncio.get_running_loop().time() - RESTS_S
        for each in [each for each in self._resting if each.rested_at < young or not each.there]:
            self._resting.remove(each)
            each.close()
        return self._resting.pop() if self._resting else None

    async def _made(self) -> Connection:
        name, port, tls, *_ = self._address
        if tls and self._tls is None:
            self._tls = ssl.create_default_context()
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._connect_s):
                _, made = await loop.create_connection(lambda: Connection(self), name, port, ssl=self._tls)
        except (OSError, TimeoutError, ValueError) as error:
            raise EndpointFailed("unreachable", f"{type(error).__name__}: {error}") from None
        return made
