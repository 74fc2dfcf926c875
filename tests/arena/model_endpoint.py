"""A model endpoint of our own, over real HTTP on loopback: it answers as the model's name says, well or badly."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

Body = dict[str, Any]
Behaviour = Callable[[Body], AsyncIterator[bytes | int]]


def event(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """One event as OpenAI-compatible servers send it."""
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice], **more}).encode() + b"\n\n"


def says(text: str, *, pause_s: float = 0.0, finish: str | None = "stop", first_s: float = 0.0) -> Behaviour:
    """A model that says a text, word by word."""

    async def behave(body: Body) -> AsyncIterator[bytes | int]:
        await asyncio.sleep(first_s)
        for word in text.split(" "):
            yield event(word + " ")
            await asyncio.sleep(pause_s)
        if finish is not None:
            yield event(None, finish)
            yield b"data: [DONE]\n\n"

    return behave


def sends(*parts: bytes | int) -> Behaviour:
    """A model that sends bytes as they are; a number first is a status."""

    async def behave(body: Body) -> AsyncIterator[bytes | int]:
        for part in parts:
            yield part

    return behave


class Waits:
    """A model that says the first of a text, and the rest once it is told to: nothing hangs on how quick a machine is."""

    def __init__(self, first: str, rest: str) -> None:
        self.first, self.rest = first, rest
        self.go = threading.Event()

    async def __call__(self, body: Body) -> AsyncIterator[bytes | int]:
        for word in self.first.split(" "):
            yield event(word + " ")
        while not self.go.is_set():
            await asyncio.sleep(0.02)
        yield event(self.rest)
        yield event(None, "stop")


async def hangs(body: Body) -> AsyncIterator[bytes | int]:
    """A model that takes a request and says nothing."""
    await asyncio.sleep(30)
    yield event("late", "stop")


class ModelEndpoints:
    """Serves behaviours by model name on one port of loopback, in a thread of its own. asked: every request's body."""

    def __init__(self, behaviours: dict[str, Behaviour]) -> None:
        self.behaviours = behaviours
        self.asked: list[Body] = []
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(60)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(60)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        self._over = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        server = await asyncio.start_server(self._taken, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in [*self._tasks]:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _taken(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._answer(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split("\r\n")[0])
            body = json.loads(await reader.readexactly(length))
            self.asked.append(body)
            status, begun = 200, False
            async for part in self.behaviours[body["model"]](body):
                if isinstance(part, int):
                    status = part
                    continue
                if not begun:
                    writer.write(
                        f"HTTP/1.1 {status} X\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n".encode()
                    )
                    begun = True
                writer.write(part)
                await writer.drain()
            if not begun:
                writer.write(f"HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()
