"""People who visit an arena, for bench_arena.py: a client of its own, which shares no code with the arena."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

CSRF = re.compile(rb'name="csrf" content="([^"]+)"')
ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')


class Gone(Exception):
    """The arena is not there."""


@dataclass
class Reply:
    """An answer. took: seconds from the first byte sent to the last received."""

    status: int
    headers: dict[str, str]
    body: bytes
    took: float

    def json(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found


class Person:
    """Somebody with a browser: one kept connection, cookies, the page's token."""

    def __init__(self, port: int, number: int = 0) -> None:
        self.port, self.number = port, number
        self.cookies: dict[str, str] = {}
        self.csrf = ""
        self.reader: asyncio.StreamReader | None = None
        self.writer: asyncio.StreamWriter | None = None

    def head(self, method: str, path: str, headers: Mapping[str, str]) -> bytes:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self.port}"]
        # A proxy on this machine, which the bench's arena trusts, says where each of them is.
        lines.append(f"X-Forwarded-For: 10.{self.number >> 16 & 255}.{self.number >> 8 & 255}.{self.number & 255}")
        if self.cookies:
            lines.append("Cookie: " + "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
        return "\r\n".join([*lines, *(f"{name}: {value}" for name, value in headers.items()), "", ""]).encode()

    async def ask(self, method: str, path: str, body: bytes = b"", kind: str = "") -> Reply:
        """Raises Gone."""
        headers = {"Content-Length": str(len(body)), "Content-Type": kind, "X-CSRF-Token": self.csrf} if kind else {}
        began = time.perf_counter()
        for _ in range(2):
            fresh = self.writer is None
            try:
                if self.writer is None:
                    self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port)
                self.writer.write(self.head(method, path, headers) + body)
                reply = await self._read(began)
            except (OSError, asyncio.IncompleteReadError) as error:
                self.close()
                # A kept connection may have been closed meanwhile; what was asked is safe to ask again.
                if fresh:
                    raise Gone(str(error)) from None
            else:
                return reply
        raise Gone("twice")

    async def _read(self, began: float) -> Reply:
        assert self.reader is not None
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        headers: dict[str, str] = {}
        for line in lines:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, held = value.partition(";")[0].partition("=")
                self.cookies[key] = held
            elif name:
                headers[name.lower()] = value
        body = await self.reader.readexactly(int(headers.get("content-length", 0)))
        return Reply(int(first.split(" ")[1]), headers, body, time.perf_counter() - began)

    async def page(self, path: str) -> Reply:
        reply = await self.ask("GET", path)
        if found := CSRF.search(reply.body):
            self.csrf = found.group(1).decode()
        return reply

    async def post(self, path: str, form: Mapping[str, str]) -> Reply:
        body = urlencode({"csrf": self.csrf, **form}).encode()
        return await self.ask("POST", path, body, "application/x-www-form-urlencoded")

    async def send(self, path: str, value: Mapping[str, Any]) -> Reply:
        return await self.ask("POST", path, json.dumps(value).encode(), "application/json")

    async def join(self) -> None:
        """As a guest, who has agreed."""
        await self.page("/join")
        reply = await self.post("/guest", {"agree": "yes", "version": "1"})
        assert reply.status == 303, (reply.status, reply.body[:200])
        await self.page("/battle")

    async def begin(self) -> tuple[str, float]:
        """A battle's token, and when it was asked for."""
        asked = time.perf_counter()
        key = f"{self.number}-{time.monotonic_ns()}"
        reply = await self.send("/api/battles", {"prompt": f"Zer da hau, {self.number}?", "key": key})
        if reply.status != 201:
            raise Gone(f"{reply.status} {reply.body[:200]!r}")
        return str(reply.json()["battle"]), asked

    async def watch(self, token: str, turn: int = 1) -> Watched:
        """The turn's events to the end, on a connection of their own."""
        loop = asyncio.get_running_loop()
        watched = Watched(loop.create_future())
        path = f"/api/battles/{token}/turns/{turn}/events"
        try:
            transport, _ = await loop.create_connection(lambda: watched, "127.0.0.1", self.port)
            transport.write(self.head("GET", path, {"Accept": "text/event-stream"}))
            await watched.ended
            transport.close()
        except OSError as error:
            raise Gone(str(error)) from None
        if not watched.over:
            raise Gone("the stream broke")
        return watched

    async def vote(self, token: str, choice: str) -> Reply:
        return await self.send(f"/api/battles/{token}/vote", {"content": choice, "language": choice})

    def close(self) -> None:
        if self.writer is not None:
            self.writer.close()
        self.reader = self.writer = None


@dataclass
class Watched(asyncio.Protocol):
    """A stream of events. pieces: when each came.  over: the last event."""

    ended: asyncio.Future[None]
    pieces: list[float] = field(default_factory=list)
    over: dict[str, Any] = field(default_factory=dict)
    tail: bytes = b""
    last: bytes = b""

    def data_received(self, data: bytes) -> None:
        if b"event: piece" in data:
            self.pieces.append(time.perf_counter())
        self.tail = (self.tail + data)[-16_000:]
        if not self.last and b"event: failure" in self.tail:
            self._end()
        if b"event: over\n" in self.tail:
            found = re.search(rb"event: over\ndata: (.*?)\n\n", self.tail, re.S)
            if found:
                self.last = found.group(1)
                self.over = json.loads(self.last)
                self._end()

    def connection_lost(self, error: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)

    def __hash__(self) -> int:
        return id(self)
