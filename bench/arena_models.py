"""Models that write at a set pace, for bench_arena.py: an OpenAI-compatible server in a process of its own, as cheap as it can be.

`python arena_models.py PORT_FILE`. A model's name says how it writes, `FIRST-PIECES-EVERY`: milliseconds to the first piece, pieces of five
letters and a space, milliseconds between two. All streams of one pace share a clock, so that a thousand of them cost little here.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

import uvloop

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(choice: dict[str, object]) -> bytes:
    """An event, as one chunk of a body."""
    data = b"data: " + json.dumps({"choices": [{"index": 0, **choice}]}).encode() + b"\n\n"
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


PIECE = [
    chunk({"delta": {"content": word}, "finish_reason": None}) for word in ("mendi ", "ibaia ", "haize ", "etxea ")
]
LAST = b"data: [DONE]\n\n"
END = chunk({"delta": {}, "finish_reason": "stop"}) + f"{len(LAST):x}\r\n".encode() + LAST + b"\r\n0\r\n\r\n"


class Writer(asyncio.Protocol):
    """One connection, kept open: a request, its stream, the next request."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.waiting, self.gone = transport, b"", False

    def connection_lost(self, error: Exception | None) -> None:
        self.gone = True

    def data_received(self, data: bytes) -> None:
        self.waiting += data
        head, found, rest = self.waiting.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
        if len(rest) < length:
            return
        self.waiting = rest[length:]
        first, pieces, every = (int(part) for part in json.loads(rest[:length])["model"].split("-"))
        asyncio.get_running_loop().call_later(first / 1000, self.say, 0, pieces, every / 1000)

    def say(self, number: int, pieces: int, every: float) -> None:
        if self.gone:
            return
        if not every:
            self.transport.write(HEAD + b"".join(PIECE[k % 4] for k in range(pieces)) + END)
            return
        self.transport.write((HEAD if number == 0 else b"") + PIECE[number % 4])
        if number + 1 < pieces:
            asyncio.get_running_loop().call_later(every, self.say, number + 1, pieces, every)
        else:
            self.transport.write(END)


async def serve(told: Path) -> None:
    server = await asyncio.get_running_loop().create_server(Writer, "127.0.0.1", 0, backlog=4096)
    part = told.with_suffix(".part")
    part.write_text(str(server.sockets[0].getsockname()[1]))
    part.replace(told)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
