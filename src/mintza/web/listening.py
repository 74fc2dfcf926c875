"""Where a page is served: the address is taken first, and told when somebody who comes finds it listening."""

from __future__ import annotations

import socket
from collections.abc import Callable

from mintza.errors import BadInput


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


def run(app: Callable[..., object], listening: socket.socket, ready: Callable[[], None], *, patience_s: int) -> None:
    """Serve an ASGI application until stopped; `ready` is told when it listens, and Ctrl-C finds it so.

    Until then the signal is an exception, that an import may swallow. patience_s: for what is being answered when it is stopped.
    Who asks is worked out by the room itself: no header of a proxy is believed here, and no request is logged.
    """
    import uvicorn

    config = uvicorn.Config(
        app,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_level="warning",
        timeout_graceful_shutdown=patience_s,
    )

    class Told(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                ready()

    Told(config).run(sockets=[listening])
