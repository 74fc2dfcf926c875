"""The adapter to aiohttp: JSON posted to one address."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import msgspec

if TYPE_CHECKING:
    import aiohttp

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_CONNECT_S = 30.0


class Answer(NamedTuple):
    """status: of HTTP.  body: as it came.  after_s: seconds that Retry-After asks for."""

    status: int
    body: bytes
    after_s: float | None


class NoAnswer(Exception):
    """The connection failed or was cut, or the time was up. Its text says which."""


class Client:
    """Connections to one address, kept alive between requests, opened with the first. Proxies of the environment are asked,
    and never for the loopback. timeout_s: of a request; None for as long as it takes.
    """

    def __init__(self, url: str, *, key: str | None, timeout_s: float | None) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send a body to a path. Raises NoAnswer."""
        import aiohttp

        session = self._session or self._opened()
        try:
            async with session.post(self.url + path, data=msgspec.json.encode(body), allow_redirects=False) as reply:
                content = await reply.read()
                return Answer(reply.status, content, _seconds(reply.headers.get("Retry-After")))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{type(error).__name__} {error}".strip()) from error

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            headers=self._headers,
            timeout=aiohttp.ClientTimeout(total=self._timeout_s, sock_connect=_CONNECT_S),
            trust_env=urlsplit(self.url).hostname not in _LOOPBACK,
        )
        return self._session


def _seconds(retry_after: str | None) -> float | None:
    """Retry-After in seconds: a number, or a date (RFC 9110, 10.2.3)."""
    if not retry_after:
        return None
    try:
        return max(0.0, float(retry_after))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None
