"""Where a page is served: the address is taken first, and told when somebody who comes finds it listening."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import TYPE_CHECKING

from mintza.errors import BadInput

if TYPE_CHECKING:
    import uvicorn


def listener(host: str, port: int) -> socket.socket:
    """A socket that holds the address; port 0 takes any that is free. Raises BadInput for one that is taken or is not of this machine."""
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        remedy = "name another with --port, or --port 0 for any"
        raise BadInput(getattr(error, "strerror", None) or str(error), place=f"{host}:{port}", remedy=remedy) from None


def address(host: str, listening: socket.socket) -> str:
    """The address as a browser wants it."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listening.getsockname()[1]}"


def run(config: uvicorn.Config, listening: socket.socket, ready: Callable[[], None]) -> None:
    """Serve until stopped; `ready` is told when it listens, and Ctrl-C finds it so.

    Until then the signal is an exception, that an import may swallow.
    """
    import uvicorn

    class Told(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    Told(config).run(sockets=[listening])
