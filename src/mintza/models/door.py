"""A door before models: it asks for the key, lets three paths through, and sees who is in."""

from __future__ import annotations

import asyncio
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Protocol

from mintza.errors import BadInput

if TYPE_CHECKING:
    from aiohttp import ClientResponse, web

LOOPBACK = ("127.0.0.1", "localhost", "::1")
PASSED_ON = (("GET", "/v1/models"), ("POST", "/v1/completions"), ("POST", "/v1/chat/completions"))
_LARGEST = 32 << 20
_LOOKED_S = 0.2


class Watch:
    """Who is in. idle_s: how long nobody may be, None for ever."""

    def __init__(self, idle_s: float | None) -> None:
        self._idle_s = idle_s
        self._in = 0
        self._last = 0.0

    def __enter__(self) -> None:
        self._in += 1

    def __exit__(self, *_: object) -> None:
        self._in -= 1
        self._last = time.monotonic()

    async def idle(self) -> None:
        """Return when nobody has been in for so long, counted from now on."""
        self._last = time.monotonic()
        while self._idle_s is None or self._in or time.monotonic() - self._last < self._idle_s:
            await asyncio.sleep(_LOOKED_S)


class Behind(Protocol):
    """What answers behind the door."""

    async def well(self) -> bool:
        """Whether it can be asked."""
        ...

    def asked(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str]
    ) -> AbstractAsyncContextManager[ClientResponse]:
        """Its answer, that is still coming. Raises aiohttp's ClientConnectionError when it gives none."""
        ...


async def listen(
    behind: Behind,
    *,
    host: str,
    port: int,
    key: str | None,
    ready: Callable[[str], None],
    watch: Watch,
    ended: Callable[[], Awaitable[None]],
    closing: Callable[[], None] = lambda: None,
) -> None:
    """Let in whoever has the key, until `ended` returns or nobody has been in for as long as `watch` says.

    Raises BadInput for an address that is taken, and what `ended` raises.
    """
    from aiohttp import web

    runner = web.AppRunner(_app(behind, key, watch), handler_cancellation=True, access_log=None, shutdown_timeout=2)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        ready(f"http://{host}:{runner.addresses[0][1]}/v1")
        ends = [asyncio.ensure_future(ended()), asyncio.ensure_future(watch.idle())]
        done, left = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        for task in done:
            task.result()
    except OSError as error:
        raise BadInput(f"cannot listen on {host}:{port}: {error.strerror}", remedy="choose another --port") from error
    finally:
        closing()
        await runner.cleanup()


def _app(behind: Behind, key: str | None, watch: Watch) -> web.Application:
    import aiohttp
    from aiohttp import web

    async def health(request: web.Request) -> web.StreamResponse:
        well = await behind.well()
        return web.json_response(
            {"status": "ok" if well else "the engine does not answer"}, status=200 if well else 503
        )

    async def pass_on(request: web.Request) -> web.StreamResponse:
        if not _may(request.headers.get("Authorization", ""), key):
            return web.json_response({"error": {"message": "the key is wrong", "code": 401}}, status=401)
        with watch:
            kind = {"Content-Type": request.headers.get("Content-Type", "application/json")}
            try:
                async with behind.asked(request.method, request.path, await request.read(), kind) as reply:
                    told = {"Content-Type": reply.headers.get("Content-Type", "application/json")}
                    answer = web.StreamResponse(status=reply.status, headers=told)
                    await answer.prepare(request)
                    async for piece in reply.content.iter_any():
                        await answer.write(piece)
                    await answer.write_eof()
                    return answer
            except aiohttp.ClientConnectionError:
                return web.json_response({"error": {"message": "the engine does not answer", "code": 502}}, status=502)

    app = web.Application(client_max_size=_LARGEST)
    app.router.add_get("/health", health)
    for method, path in PASSED_ON:
        app.router.add_route(method, path, pass_on)
    return app


def _may(given: str, key: str | None) -> bool:
    return key is None or hmac.compare_digest(given.encode(), f"Bearer {key}".encode())
