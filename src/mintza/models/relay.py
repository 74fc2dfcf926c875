"""One address before processes that come and go: whoever asks it meets whichever of them serves."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from mintza.errors import BadInput
from mintza.models.door import LOOPBACK, Watch, listen
from mintza.models.fleet import Fleet, Place
from mintza.models.providers.endpoints import Endpoint

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

_TENDED_S = 1.0
_PATIENCE_S = 20.0


def run_relay(fleet: Fleet, *, host: str, port: int, key: str | None, ready: Callable[[str], None]) -> None:
    """Listen until SIGTERM or ctrl-C, and look after the fleet meanwhile. ready: is told the address, up to and with `/v1`.

    A request waits up to twenty seconds for somebody who serves. Raises BadInput for an address beyond the loopback without a
    key, and for one that is taken; ModelError when what the fleet starts serves nothing.
    """
    if host not in LOOPBACK and not key:
        raise BadInput(
            f"{host} can be reached by others, and there is no key",
            remedy="give --key-file FILE or set MINTZA_SERVE_KEY; or leave --host out",
        )
    asyncio.run(_relayed(fleet, host, port, key, ready))


async def _relayed(fleet: Fleet, host: str, port: int, key: str | None, ready: Callable[[str], None]) -> None:
    import aiohttp

    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    limits = aiohttp.ClientTimeout(total=None, sock_connect=10)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=limits) as session:
        behind = _Fleet(fleet, session)

        async def ended() -> None:
            while not over.is_set():
                await behind.tend()
                try:
                    await asyncio.wait_for(over.wait(), _TENDED_S)
                except TimeoutError:
                    continue

        watch = Watch(None)
        await listen(behind, host=host, port=port, key=key, ready=ready, watch=watch, ended=ended)


class _Fleet:
    def __init__(self, fleet: Fleet, session: ClientSession) -> None:
        self._fleet = fleet
        self._session = session
        self._places: dict[str, Place] = {}
        self._endpoints: list[Endpoint] = []

    async def tend(self) -> None:
        """Let the fleet be looked after, beside whatever is being answered."""
        came = await asyncio.to_thread(self._fleet.tended, tuple(self._endpoints))
        self._endpoints = [endpoint for endpoint in self._endpoints if not endpoint.given_up]
        for place in came:
            self._places[place.name] = place
            self._endpoints.append(
                Endpoint(place.name, most=place.slots, patience_s=_PATIENCE_S, tries=1, luck=lambda: 0.5)
            )

    async def well(self) -> bool:
        """Whether somebody serves."""
        return any(not endpoint.in_trouble for endpoint in self._endpoints)

    @asynccontextmanager
    async def asked(
        self, method: str, path: str, data: bytes, headers: Mapping[str, str]
    ) -> AsyncIterator[ClientResponse]:
        """The answer of whoever has least to do; of another when one cannot be reached."""
        import aiohttp

        loop = asyncio.get_running_loop()
        until = loop.time() + _PATIENCE_S
        while True:
            endpoint = min(self._endpoints, key=lambda one: (one.in_trouble, one.under_way), default=None)
            if endpoint is not None:
                place = self._places[endpoint.name]
                known = {**headers, "Authorization": f"Bearer {place.key}"}
                endpoint.under_way += 1
                try:
                    url = place.url.removesuffix("/v1") + path
                    async with self._session.request(method, url, data=data, headers=known) as reply:
                        endpoint.answers(loop.time(), 0)
                        yield reply
                        return
                except aiohttp.ClientConnectorError as error:
                    endpoint.fails(loop.time(), str(error))
                finally:
                    endpoint.under_way -= 1
            if loop.time() > until:
                raise aiohttp.ClientConnectionError("nobody serves the model now")
            await asyncio.sleep(0.5)
