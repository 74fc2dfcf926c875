"""A real arena under a real uvicorn on loopback, and people who visit it over HTTP."""

from __future__ import annotations

import asyncio
import json
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Coroutine, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

import httpx

from arena.model_endpoint import ModelEndpoints
from mintza.arena.app import Arena, open_arena
from mintza.arena.settings import ArenaSettings
from mintza.languages import load

T = TypeVar("T")
PASSWORD = "a long enough password"


def settings_of(endpoints: ModelEndpoints, models: dict[str, str], **more: Any) -> ArenaSettings:
    """Settings of an arena: names of models -> behaviours. Nothing is planted, and only a model that hangs is not waited for."""
    written = {
        "title": "Arena of the tests",
        "language": "eus_Latn",
        "interface": ["en", "eu"],
        "models": {
            name: {
                "model": behaviour,
                "temperature": 0.3,
                "execution": {"url": endpoints.url, "timeouts": {"first": 0.5 if behaviour == "hangs" else 60}},
            }
            for name, behaviour in models.items()
        },
        "fair": {"controls": 0},
        "participation": {"guests": True},
        **more,
    }
    return ArenaSettings.model_validate_json(json.dumps(written))


class Served:
    """An arena that serves, in a thread of its own. ahead: how far its clock is before ours."""

    def __init__(self, settings: ArenaSettings, folder: Path, *, url: str | None = None, seed: int = 1) -> None:
        self.settings = settings
        self.folder = folder
        # In a file of the test's own: a DATABASE_URL of whoever runs the tests is not for them.
        self.url = url or f"sqlite:///{folder / 'arena.sqlite'}"
        self.seed = seed
        self.visitors: list[httpx.Client] = []
        self.ahead = timedelta(0)
        self._ready = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        assert self._ready.wait(300)
        deadline = time.monotonic() + 300
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def arena(self) -> Arena:
        return self._arena

    def rows(self, sql: str, **values: Any) -> list[dict[str, Any]]:
        """What the database holds."""
        return [dict(row) for row in self.do(self._arena.database.read(lambda c: c.all(sql, **values)))]

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """What some work gives in the arena's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        for visitor in self.visitors:
            visitor.close()
        self._server.should_exit = True
        self._thread.join(60)

    def _run(self) -> None:
        import uvicorn

        from mintza.arena.web import application

        self._arena = open_arena(
            self.settings,
            load("eus_Latn"),
            self.folder,
            url=self.url,
            luck=random.Random(self.seed),
            now=lambda: datetime.now(UTC) + self.ahead,
        )
        kept = 3600  # else a connection may be closed just when a client that rested for 5 s writes into it
        config = uvicorn.Config(
            application(self._arena), log_level="error", proxy_headers=False, access_log=False, timeout_keep_alive=kept
        )
        self._server = uvicorn.Server(config)
        self._loop = asyncio.new_event_loop()
        self._ready.set()
        self._loop.run_until_complete(self._server.serve(sockets=[self._socket]))
        self._loop.close()


def wait_until(condition: Callable[[], T], *, seconds: float = 300) -> T:
    """What the condition gives, once it holds. Fails after `seconds`, far more than a busy machine needs."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come about"
        time.sleep(0.02)
    return found


class Visitor:
    """Somebody with a browser: cookies are kept, forms carry their token."""

    def __init__(self, served: Served, **headers: str) -> None:
        self.http = httpx.Client(base_url=served.address, headers=headers, timeout=300, trust_env=False)
        served.visitors.append(self.http)

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.http.get(path, **options)

    def csrf(self, path: str = "/login") -> str:
        found = re.search(r'name="csrf" content="([^"]+)"', self.get(path).text)
        assert found, path
        return found.group(1)

    def post(self, path: str, form: dict[str, str], *, csrf: str | None = None) -> httpx.Response:
        return self.http.post(path, data={"csrf": self.csrf() if csrf is None else csrf, **form})

    def join(self, name: str = "Maddi", **more: str) -> httpx.Response:
        return self.post("/join", {"name": name, "password": PASSWORD, "agree": "yes", "version": "1", **more})

    def guest(self) -> Visitor:
        assert self.post("/guest", {"agree": "yes", "version": "1"}).status_code == 303
        return self

    def api(self, path: str, body: Any, *, csrf: str | None = None) -> httpx.Response:
        return self.http.post(path, json=body, headers={"x-csrf-token": self.csrf("/") if csrf is None else csrf})

    def begin(self, prompt: str = "Zer moduz?", key: str | None = None) -> str:
        reply = self.api("/api/battles", {"prompt": prompt, "key": key or f"key-{random.getrandbits(60)}"})
        assert reply.status_code in (200, 201), reply.text
        return str(reply.json()["battle"])

    def events(self, token: str, turn: int = 1) -> Iterator[tuple[str, Any]]:
        """The events of a turn, as they come: name, data."""
        with self.http.stream("GET", f"/api/battles/{token}/turns/{turn}/events") as reply:
            assert reply.status_code == 200, reply.read()
            name = ""
            for line in reply.iter_lines():
                if line.startswith("event: "):
                    name = line[7:]
                elif line.startswith("data: "):
                    yield name, json.loads(line[6:])

    def answered(self, token: str, turn: int = 1) -> dict[str, Any]:
        """The last event of a turn."""
        *_, (name, last) = self.events(token, turn)
        assert name == "over", last
        return dict(last)

    def vote(self, token: str, content: str = "a", language: str = "a", **more: Any) -> httpx.Response:
        return self.api(f"/api/battles/{token}/vote", {"content": content, "language": language, **more})
