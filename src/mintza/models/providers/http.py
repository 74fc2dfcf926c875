"""The adapter to aiohttp: JSON posted to one address."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
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
_REMEMBERED = 4096


class Answer(NamedTuple):
    """status: of HTTP.  body: as it came.  after_s: seconds that Retry-After asks for."""

    status: int
    body: bytes
    after_s: float | None


class NoAnswer(Exception):
    """The connection failed or was cut, the time was up, or the answer is another request's. Its text says which."""


class _Named(msgspec.Struct):
    """What names an answer among others."""

    id: str = ""


class _Whose:
    """Whether an answer is that of the request that it came to, as far as an answer tells.

    vLLM names its answers after the request's own name. Where a server gives each answer a name of its own, one that came
    twice under the same name is the answer of the request before. A name that stands for different answers tells nothing.
    """

    def __init__(self) -> None:
        self._ours = secrets.token_hex(8)
        self._count = 0
        self._came: OrderedDict[str, bytes] = OrderedDict()
        self._names_tell = True

    def name(self) -> str:
        """For the next request."""
        self._count += 1
        return f"{self._ours}-{self._count:x}-"

    def wrong(self, name: str, body: bytes, *, alone: bool) -> str:
        """Why it is not the answer of the request of this name, "" when nothing speaks against it.

        alone: nobody else's answer can have come on its connection.
        """
        try:
            said = msgspec.json.decode(body, type=_Named).id
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return ""
        if self._ours in said:
            return "" if name in said else "it is the answer of another request"
        if alone or not said or not self._names_tell:
            return ""
        digest = hashlib.blake2b(body, digest_size=12).digest()
        before = self._came.setdefault(said, digest)
        if len(self._came) > _REMEMBERED:
            self._came.popitem(last=False)
        if before is digest:
            return ""
        self._names_tell = before == digest
        return "the same answer came already" if before == digest else ""


class Client:
    """Connections to one address, kept alive between requests, opened with the first. Proxies of the environment are asked,
    and never for the loopback. timeout_s: of a request; None for as long as it takes.
    suspects: an answer that is another request's is no answer. From the first one on each request has a connection of its own, on
    which no other's answer can come.
    """

    def __init__(self, url: str, *, key: str | None, timeout_s: float | None, suspects: bool = False) -> None:
        self.url = url.rstrip("/")
        self._headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None
        self._retired: list[aiohttp.ClientSession] = []
        self._whose = _Whose() if suspects else None

    async def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        """Send a body to a path. Raises NoAnswer."""
        import aiohttp

        session, alone = self._session or self._opened(), bool(self._retired)
        whose = self._whose
        name = whose.name() if whose else ""
        try:
            async with session.post(
                self.url + path,
                data=msgspec.json.encode(body),
                headers={"X-Request-Id": name} if name else None,
                allow_redirects=False,
            ) as reply:
                content = await reply.read()
                answer = Answer(reply.status, content, _seconds(reply.headers.get("Retry-After")))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise NoAnswer(f"{type(error).__name__} {error}".strip()) from error
        if whose and answer.status == 200 and (wrong := whose.wrong(name, content, alone=alone)):
            self._retire(session)
            raise NoAnswer(wrong)
        return answer

    def _retire(self, session: aiohttp.ClientSession) -> None:
        """Send nothing more over its connections: what comes on them may be one answer behind. What is under way ends there."""
        if session is self._session:
            self._retired.append(session)
            self._session = None

    async def close(self) -> None:
        """Let go of the connections."""
        for session in (*self._retired, *([self._session] if self._session else ())):
            await session.close()
        self._session = None
        self._retired.clear()

    def _opened(self) -> aiohttp.ClientSession:
        import aiohttp

        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, force_close=bool(self._retired)),
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
