"""kill -9 in the middle of it: no acknowledged vote or finished turn is lost, and people go on with their battle."""

from __future__ import annotations

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, Waits
from arena.served import Visitor, settings_of, wait_until

STARTED: list[Process] = []


@pytest.fixture(autouse=True)
def _none_is_left_behind() -> Iterator[None]:
    yield
    for process in STARTED:
        process.kill()
        for client in process.visitors:
            client.close()


class Process:
    """`mintza arena serve` in a process of its own."""

    def __init__(self, file: Path, port: int, url: str | None) -> None:
        self.visitors: list[httpx.Client] = []
        self.address = f"http://127.0.0.1:{port}"
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        if url is not None:
            environment["DATABASE_URL"] = url
        command = [sys.executable, "-m", "mintza.cli", "arena", "serve", str(file), "--port", str(port)]
        self.process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        STARTED.append(self)
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                if httpx.get(f"{self.address}/health", trust_env=False).status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        self.kill()
        pytest.fail("the arena did not start")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def load(process: Process, acknowledged: list[tuple[Visitor, str, str]], finished: list[tuple[str, str, str]]) -> None:
    """Battles and votes until the server is gone; what was acknowledged is written down."""
    try:
        visitor = Visitor(process).guest()  # type: ignore[arg-type]
        while True:
            token = visitor.begin()
            over = visitor.answered(token)
            finished.append((token, over["a"], over["b"]))
            choice = random.choice("ab")
            if visitor.vote(token, choice, choice).status_code == 200:
                acknowledged.append((visitor, token, choice))
    except (httpx.TransportError, ValueError, AssertionError):
        return


def kept(folder: Path, url: str | None, token: str) -> list[str]:
    """What the database holds of a battle's answers."""
    import psycopg

    battle = token.split(".", maxsplit=1)[0]
    ask = "SELECT text FROM answers WHERE battle_id = "
    if url is not None:
        with psycopg.connect(url) as connection:
            return [str(text) for (text,) in connection.execute(ask + "%s", (battle,)).fetchall()]
    with closing(sqlite3.connect(folder / "arena-data" / "arena.sqlite")) as file:
        return [str(text) for (text,) in file.execute(ask + "?", (battle,))]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str | None:
    """Of a PostgreSQL of the test's own, None for the arena's file."""
    import psycopg

    if request.param == "sqlite":
        return None
    server = str(request.getfixturevalue("postgresql"))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE killed")
    return server.replace("/postgres?", "/killed?", 1)


def test_what_was_acknowledged_is_there_after_kill_9(
    endpoints: ModelEndpoints, tmp_path: Path, url: str | None
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings: dict[str, Any] = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST).model_dump(
        mode="json"
    )
    endpoints.behaviours["waits"] = Waits("hitz hitz hitz", "amaiera")
    slow = settings_of(endpoints, {"latxa": "waits", "llama": "waits"}, battle=FAST).model_dump(mode="json")
    file, slow_file = tmp_path / "arena.yaml", tmp_path / "slow.yaml"
    file.write_text(yaml.safe_dump(settings), encoding="utf-8")
    slow_file.write_text(yaml.safe_dump(slow), encoding="utf-8")
    acknowledged: list[tuple[Visitor, str, str]] = []
    finished: list[tuple[str, str, str]] = []
    process = Process(file, port, url)
    threads = [threading.Thread(target=load, args=(process, acknowledged, finished)) for _ in range(6)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(acknowledged) > 12, seconds=120)
    process.kill()
    for thread in threads:
        thread.join()

    process = Process(slow_file, port, url)
    for visitor, token, choice in acknowledged:
        again = visitor.vote(token, choice, choice)
        assert again.status_code == 200, again.text
        assert visitor.vote(token, "tie", "tie").json()["error"] == "already_voted"
    mine = {token: visitor for visitor, token, _ in acknowledged}
    pages = {token: mine[token].get(f"/battle/{token}").text for token, _, _ in finished if token in mine}
    assert all(a in pages[token] and b in pages[token] for token, a, b in finished if token in pages)

    visitor = Visitor(process).guest()  # type: ignore[arg-type]
    token = visitor.begin()
    wait_until(lambda: kept(tmp_path, url, token) == ["hitz hitz hitz "] * 2)
    process.kill()
    process = Process(file, port, url)
    page = visitor.get(f"/battle/{token}").text
    assert "hitz hitz" in page
    assert f"/battle/{token}" in visitor.get("/battle").text
    assert visitor.answered(token)["state"] == "interrupted"
    assert visitor.vote(token).json()["error"] == "not_votable"
    assert visitor.api(f"/api/battles/{token}/retry", {}).status_code == 200
    assert visitor.answered(token)["votable"]
    assert visitor.vote(token).json()["saved"]
