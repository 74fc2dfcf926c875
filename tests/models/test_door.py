"""The door before an engine that closes connections as it likes."""

from __future__ import annotations

import json
import socket
import threading
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO

import pytest

from mintza.models.serving import Engine, run_door

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 15\r\n\r\n{"answer": "a"}'


class FakeEngine:
    """Answers the first request of a connection as if it kept it, and closes it when the second comes."""

    def __init__(self) -> None:
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self.listening.getsockname()[1]}"

    def answer(self) -> None:
        """Until the socket is closed."""
        while True:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            threading.Thread(target=self._first_only, args=(connection,), daemon=True).start()

    def _first_only(self, connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as read:
            if _request(read):
                connection.sendall(ANSWER)
            _request(read)


def _request(read: BinaryIO) -> bool:
    """Take a request off the wire; whether there was one."""
    length, lines = 0, 0
    while line := read.readline().strip():
        lines += 1
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    read.read(length)
    return lines > 0


@pytest.fixture
def engine() -> Iterator[FakeEngine]:
    fake = FakeEngine()
    thread = threading.Thread(target=fake.answer)
    thread.start()
    yield fake
    fake.listening.shutdown(socket.SHUT_RDWR)
    fake.listening.close()
    thread.join()


def test_an_engine_that_closes_kept_connections_answers_every_request(engine: FakeEngine) -> None:
    def ask(address: str) -> list[str]:
        request = urllib.request.Request(f"{address}/chat/completions", b"{}", {"Content-Type": "application/json"})
        told = []
        for _ in range(3):
            with urllib.request.urlopen(request, timeout=30) as reply:
                told.append(json.loads(reply.read())["answer"])
        return told

    with ThreadPoolExecutor(1) as thread:
        asked: list[Future[list[str]]] = []
        run_door(
            Engine(engine.url, "", lambda: True),
            host="127.0.0.1",
            port=0,
            key=None,
            ready=lambda address: asked.append(thread.submit(ask, address)),
            idle_s=0.5,
        )
        assert asked[0].result() == ["a", "a", "a"]
