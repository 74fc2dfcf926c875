"""What machines ask: whether it is well, whether it is ready, how it fares; and a database that goes away and comes back."""

from __future__ import annotations

import contextlib
import re
import select
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, Waits
from arena.served import Served, Visitor, settings_of, wait_until
from mintza.arena.battles import live
from mintza.arena.pages import battle as live_page

SAMPLE = re.compile(r'([a-z_]+)(?:\{((?:[a-z_]+="[^"\\\n]*",?)+)\})? (-?[0-9.e+-]+)')


class Wire:
    """A TCP port that leads to a PostgreSQL behind a socket file, until it is cut."""

    def __init__(self, path: str) -> None:
        self.path = path
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._cut = False
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing goes through, and nobody can connect."""
        self._cut = True
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._cut = False

    def close(self) -> None:
        self.cut()
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if self._cut:
                    near.close()
                    continue
                far = socket.socket(socket.AF_UNIX)
                far.connect(self.path)
                self._open += [near, far]
                threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with near, far, contextlib.suppress(OSError):
            while True:
                for ready in select.select([near, far], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (far if ready is near else near).sendall(data)


@pytest.fixture(scope="module")
def wired(
    endpoints: ModelEndpoints, postgresql: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Wire]]:
    """An arena whose PostgreSQL can be taken away."""
    import psycopg

    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE health")
    wire = Wire(f"{parse_qs(urlsplit(postgresql).query)['host'][0]}/.s.PGSQL.5432")
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST)
    url = f"postgresql://postgres@127.0.0.1:{wire.port}/health"
    served = Served(settings, tmp_path_factory.mktemp("arena"), url=url)
    yield served, wire
    served.close()
    wire.close()


def test_a_database_that_goes_away_is_said_and_comes_back(wired: tuple[Served, Wire]) -> None:
    served, wire = wired
    visitor = Visitor(served).guest()
    token = visitor.begin()
    assert visitor.answered(token)["votable"]
    csrf, stranger = visitor.csrf("/"), Visitor(served)
    assert stranger.get("/health").json() == {"database": "up", "answering": 0}
    assert stranger.get("/ready").json() == {"database": "up", "models": 2, "ready": True}
    wire.cut()
    for path in ("/health", "/ready", "/metrics"):
        assert stranger.get(path).status_code == 503, path
    assert stranger.get("/health").json()["database"] == "down"
    refused = visitor.api(f"/api/battles/{token}/vote", {"content": "a", "language": "a"}, csrf=csrf)
    assert (refused.status_code, refused.json()["error"]) == (503, "database_down")
    assert "saved" not in refused.json()
    page = visitor.get("/me")
    assert page.status_code == 503
    assert int(page.headers["retry-after"]) > 0
    wire.mend()
    wait_until(lambda: stranger.get("/ready").status_code == 200)
    assert not served.rows("SELECT * FROM votes")
    assert visitor.vote(token).json()["saved"]
    assert stranger.get("/health").status_code == 200


@pytest.fixture
def waits(endpoints: ModelEndpoints, monkeypatch: pytest.MonkeyPatch) -> Waits:
    """Both models wait with the end of what they say."""
    found = Waits("hitz hitz hitz", "amaiera")
    for name in ("good", "other"):
        monkeypatch.setitem(endpoints.behaviours, name, found)
    return found


def test_a_turn_whose_end_cannot_be_kept_is_not_said_to_be_over(
    wired: tuple[Served, Wire], endpoints: ModelEndpoints, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database goes away while both models write; and no battle begins, so that no model is asked for nothing."""
    served, wire = wired
    monkeypatch.setattr(live, "BETWEEN_TRIES_S", 0.01)
    visitor = Visitor(served).guest()
    token, csrf = visitor.begin(), visitor.csrf("/")
    events = visitor.events(token)
    assert next(events)[0] == "piece"
    asked = len(endpoints.asked)
    wire.cut()
    other = Visitor(served)
    other.http.cookies.update(visitor.http.cookies)
    begun = other.api("/api/battles", {"prompt": "Kaixo", "key": "12345678"}, csrf=csrf)
    assert (begun.status_code, begun.json()["error"], len(endpoints.asked)) == (503, "database_down", asked)
    waits.go.set()
    told = [*events]
    assert "over" not in dict(told)
    assert told[-1] == ("failure", {"code": "database_down", "message": told[-1][1]["message"]})
    wire.mend()
    wait_until(lambda: other.get("/ready").status_code == 200)
    assert visitor.vote(token).json()["error"] == "not_votable"
    served.ahead = live_page.ABANDONED + timedelta(seconds=1)
    assert visitor.answered(token)["state"] == "interrupted"
    assert visitor.api(f"/api/battles/{token}/retry", {}).status_code == 200
    assert visitor.answered(token)["votable"]
    assert visitor.vote(token).json()["saved"]
    served.ahead = timedelta(0)


def test_a_turns_end_is_kept_once_the_database_is_back(
    wired: tuple[Served, Wire], waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, wire = wired
    monkeypatch.setattr(live, "BETWEEN_TRIES_S", 0.01)
    monkeypatch.setattr(live, "TRIES_TO_END", 1_000_000)
    visitor = Visitor(served).guest()
    token = visitor.begin()
    events = visitor.events(token)
    shown = str(next(events)[1]["a"])
    wire.cut()
    waits.go.set()
    while shown != "hitz hitz hitz amaiera":
        name, data = next(events)
        assert name == "piece", data
        shown += data["a"]
    wire.mend()
    assert [name for name, _ in events] == ["over"]
    assert visitor.vote(token).json()["saved"]


def test_an_arena_without_a_pair_to_draw_is_not_ready(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST)
    models = {**settings.models, "llama": settings.models["llama"].model_copy(update={"paused": True})}
    served = Served(settings.model_copy(update={"models": models}), tmp_path)
    told = Visitor(served).get("/ready")
    assert (told.status_code, told.json()) == (503, {"database": "up", "models": 1, "ready": False})
    assert Visitor(served).get("/health").status_code == 200
    served.close()


def samples(text: str) -> dict[str, float]:
    """Every sample by its name and labels, read as strictly as the format is described."""
    found: dict[str, float] = {}
    told: dict[str, str] = {}
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            assert line.split(" ")[2] not in told
            told[line.split(" ")[2]] = ""
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge")
            assert told[name] == ""
            told[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            assert told[match.group(1)], line
            assert line.split(" ")[0] not in found
            assert not match.group(1).endswith("_total") or told[match.group(1)] == "counter"
            found[line.split(" ")[0]] = float(match.group(3))
    return found


def test_metrics_are_what_the_database_holds_and_name_nobody(served: Served) -> None:
    visitor = Visitor(served)
    visitor.join("Metrikari", level="C1")
    token = visitor.begin("Isilpeko galdera")
    visitor.answered(token)
    assert visitor.vote(token, reason="isilpeko arrazoia").status_code == 200
    reply = Visitor(served).get("/metrics")
    assert reply.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(reply.text)
    assert found["mintza_votes_total"] == served.rows("SELECT COUNT(*) AS n FROM votes")[0]["n"]
    assert found["mintza_people"] == served.rows("SELECT COUNT(*) AS n FROM people")[0]["n"]
    complete = served.rows("SELECT model, COUNT(*) AS n FROM answers WHERE state = 'complete' GROUP BY model")
    for row in complete:
        assert found[f'mintza_answers_day{{model="{row["model"]}",state="complete"}}'] == row["n"]
    assert found["process_resident_memory_bytes"] > 1e7
    (person,) = served.rows("SELECT * FROM people WHERE name = 'Metrikari'")
    for secret in (
        "Metrikari",
        "Isilpeko",
        "isilpeko",
        "127.0.0.1",
        person["id"],
        person["voter"],
        token.split(".")[0],
    ):
        assert secret not in reply.text


@pytest.mark.parametrize(
    ("trusted", "forwarded", "status"),
    [
        ([], None, 200),
        # A proxy of which the settings know nothing: it is not the loopback that asks.
        ([], "198.51.100.7", 404),
        (["127.0.0.0/8"], "198.51.100.7", 404),
        (["127.0.0.0/8"], "127.0.0.1", 200),
    ],
)
def test_metrics_are_for_the_networks_that_the_settings_name(
    endpoints: ModelEndpoints, tmp_path: Path, trusted: list[str], forwarded: str | None, status: int
) -> None:
    models = {"latxa": "good", "llama": "other"}
    served = Served(settings_of(endpoints, models, battle=FAST, execution={"trusted_proxies": trusted}), tmp_path)
    visitor = Visitor(served, **({} if forwarded is None else {"x-forwarded-for": forwarded}))
    assert visitor.get("/metrics").status_code == status
    served.close()


def test_nothing_is_sent_anywhere_though_the_environment_asks_for_it(
    endpoints: ModelEndpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as collector:
        collector.settimeout(0.3)
        monkeypatch.setenv("FASTAPI_OTEL_AUTO_CONFIGURE", "true")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.getsockname()[1]}")
        served = Served(settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST), tmp_path)
        visitor = Visitor(served).guest()
        visitor.answered(visitor.begin())
        served.close()
        with pytest.raises(TimeoutError):
            collector.accept()
