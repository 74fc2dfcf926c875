"""Models that write at a set pace, for bench_arena.py: an OpenAI-compatible server in a process of its own, as cheap as it can be.

`python arena_models.py PORT_FILE`. A model's name says how it writes, `FIRST-PIECES-EVERY`: milliseconds to the first piece, pieces of five
letters and a space, milliseconds between two. Of `FIRST-FEW..MANY-EVERY` the pieces are parts of words, as tokens are, for so many
characters as chance has it, and the times vary by half.
"""

from __future__ import annotations

import asyncio
import json
import random
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
LUCK = random.Random(1)
LENGTHS = (2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 8, 9, 10, 11, 13)


def tokens(characters: int) -> list[bytes]:
    """Words of any length in parts of two to six letters, until there are so many characters.

    The length is drawn before the words are: else whoever writes short words would be slower and shorter at once, and the pace would tell.
    """
    made, left = [], 0
    while characters > 0:
        begins = " " if left == 0 and made else ""
        left = left or LUCK.choice(LENGTHS)
        part = min(left, LUCK.randint(2, 6))
        left -= part
        made.append(begins + "".join(LUCK.choice("aeiouktnrzlbdgs") for _ in range(part)))
        characters -= len(made[-1])
    return [chunk({"delta": {"content": each}, "finish_reason": None}) for each in made]


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
        first, pieces, every = json.loads(rest[:length])["model"].split("-")
        few, varied, many = pieces.partition("..")
        if varied:
            wait = int(first) / 1000 * LUCK.uniform(0.5, 1.5)
            parts = tokens(LUCK.randint(int(few), int(many)))
            asyncio.get_running_loop().call_later(wait, self.vary, parts, 0, int(every) / 1000)
        else:
            asyncio.get_running_loop().call_later(int(first) / 1000, self.say, 0, int(pieces), int(every) / 1000)

    def vary(self, parts: list[bytes], number: int, every: float) -> None:
        if self.gone:
            return
        # A model says that it is done when its next token would have come.
        if number == len(parts):
            self.transport.write(END)
            return
        self.transport.write((HEAD if number == 0 else b"") + parts[number])
        asyncio.get_running_loop().call_later(every * LUCK.uniform(0.5, 1.5), self.vary, parts, number + 1, every)

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
