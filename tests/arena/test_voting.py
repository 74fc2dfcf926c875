"""Votes over HTTP and in both databases: once, whole, by the right person, and never said to be kept when they are not."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, Waits
from arena.organisers import organiser
from arena.served import Served, Visitor, settings_of, wait_until


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena(
    request: pytest.FixtureRequest, endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """The same arena on SQLite and on PostgreSQL."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST)
    served = Served(settings, tmp_path_factory.mktemp("arena"), url=url)
    yield served
    served.close()


def ready(arena: Served) -> tuple[Visitor, str]:
    """Somebody in front of two whole answers."""
    visitor = Visitor(arena).guest()
    token = visitor.begin()
    assert visitor.answered(token)["votable"]
    return visitor, token


def votes(arena: Served, token: str) -> list[dict[str, object]]:
    return arena.rows("SELECT * FROM votes WHERE battle_id = :b", b=token.split(".", maxsplit=1)[0])


def test_a_vote_is_kept_whole_as_codes(arena: Served) -> None:
    visitor, token = ready(arena)
    reply = visitor.vote(token, "a", "b", overall="tie", both_bad=True, reason=" Biak\u0000 motz. ")
    assert reply.json() == {"saved": True, "overall": "tie", "models": reply.json()["models"]}
    (row,) = votes(arena, token)
    kept = {name: row[name] for name in ("content", "language", "overall", "overall_asked", "both_bad", "reason")}
    assert kept == {
        "content": "a",
        "language": "b",
        "overall": "tie",
        "overall_asked": 1,
        "both_bad": 1,
        "reason": "Biak motz.",
    }


def test_the_same_vote_again_is_told_the_same_and_another_is_refused(arena: Served) -> None:
    visitor, token = ready(arena)
    first = visitor.vote(token, "tie", "b")
    assert [visitor.vote(token, "tie", "b").json() for _ in range(3)] == [first.json()] * 3
    other = visitor.vote(token, "a", "a")
    assert (other.status_code, other.json()["error"]) == (409, "already_voted")
    assert [row["overall"] for row in votes(arena, token)] == ["b"]


def test_twenty_votes_at_the_same_moment_are_one(arena: Served) -> None:
    visitor, token = ready(arena)
    csrf, told = visitor.csrf("/"), []

    def cast(choice: str) -> None:
        body = {"content": choice, "language": choice}
        told.append(visitor.api(f"/api/battles/{token}/vote", body, csrf=csrf).status_code)

    threads = [threading.Thread(target=cast, args=("ab"[n % 2],)) for n in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [200] * 10 + [409] * 10
    assert len(votes(arena, token)) == 1


def test_a_vote_and_one_more_turn_at_the_same_moment_leave_one_of_them(arena: Served) -> None:
    visitor, token = ready(arena)
    csrf, told = visitor.csrf("/"), {}

    def send(path: str, body: dict[str, object]) -> None:
        told[path] = visitor.api(f"/api/battles/{token}/{path}", body, csrf=csrf).status_code

    bodies: dict[str, dict[str, object]] = {
        "vote": {"content": "a", "language": "a"},
        "turns": {"prompt": "Eta?", "number": 2},
    }
    threads = [threading.Thread(target=send, args=each) for each in bodies.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told.values()) in ([200, 409], [201, 409])


def test_no_vote_when_only_one_of_the_two_answers_has_ended(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    endpoints.behaviours["lingers"] = lingers = Waits("hitz batzuk", "amaiera")
    served = Served(settings_of(endpoints, {"latxa": "good", "llama": "lingers"}, battle=FAST), tmp_path)
    visitor = Visitor(served).guest()
    token = visitor.begin()
    wait_until(lambda: [row for row in served.rows("SELECT state FROM answers") if row["state"] == "complete"])
    refused = visitor.vote(token)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_votable")
    lingers.go.set()
    assert visitor.answered(token)["votable"]
    assert visitor.vote(token).status_code == 200
    served.close()


def test_foreign_and_tampered_tokens_are_refused(arena: Served) -> None:
    visitor, token = ready(arena)
    stranger = Visitor(arena).guest()
    battle, until, signature = token.split(".")
    for name, forged in {
        "foreign": token,
        "longer": f"{battle}.{int(until) + 9999}.{signature}",
        "other": f"{'x' * len(battle)}.{until}.{signature}",
        "none": battle,
        "odd": "ñ.1.x",
    }.items():
        who = stranger if name == "foreign" else visitor
        reply = who.vote(forged)
        assert (reply.status_code, reply.json()["error"]) == (403, "not_your_battle"), name
        for path in (f"/battle/{forged}", f"/api/battles/{forged}/turns/1/events"):
            assert who.get(path).status_code == 403
    assert not votes(arena, token)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "not_a_vote"),
        ({"content": "a"}, "not_a_vote"),
        ({"content": "A hobea", "language": "a"}, "not_a_vote"),
        ({"content": "a", "language": "b"}, "overall_needed"),
        ({"content": "a", "language": "a", "overall": "b"}, "overall_not_asked"),
        ({"content": "a", "language": "a", "reason": "x" * 3000}, "reason_length"),
        ({"content": ["a"], "language": "a"}, "not_a_vote"),
    ],
)
def test_half_a_vote_is_no_vote(arena: Served, body: dict[str, object], error: str) -> None:
    visitor, token = ready(arena)
    reply = visitor.api(f"/api/battles/{token}/vote", body)
    assert (reply.status_code, reply.json()["error"]) == (422, error)
    assert not votes(arena, token)


def test_nobody_votes_without_a_session(arena: Served) -> None:
    _, token = ready(arena)
    reply = Visitor(arena).vote(token)
    assert (reply.status_code, reply.json()["error"]) == (401, "not_logged_in")


def test_withdrawing_keeps_votes_and_unties_them(arena: Served) -> None:
    visitor, token = ready(arena)
    visitor.vote(token)
    (before,) = votes(arena, token)
    assert visitor.post("/me/withdraw", {}).status_code == 303
    (after,) = votes(arena, token)
    assert after["content"] == before["content"]
    assert after["voter"] != before["voter"]
    assert not arena.rows("SELECT * FROM people WHERE voter IN (:one, :two)", one=before["voter"], two=after["voter"])
    assert visitor.api("/api/battles", {"prompt": "Kaixo", "key": "12345678"}).json()["error"] == "consent_needed"
    assert visitor.get("/battle").headers["location"] == "/consent"
    assert visitor.post("/consent", {"agree": "yes", "version": "1"}).status_code == 303
    assert visitor.get("/battle").status_code == 200
    assert [c["withdrawn_at"] is None for c in visitor.get("/me/data").json()["consents"]].count(True) == 1


def test_erasing_takes_every_word_and_leaves_the_vote(arena: Served) -> None:
    visitor = Visitor(arena)
    assert visitor.join(f"Ezabatu {arena.url[:4]}", level="C1").status_code == 303
    token = visitor.begin("Nire sekretua")
    visitor.answered(token)
    visitor.vote(token, reason="Nire arrazoia")
    visitor.answered(visitor.begin("Beste sekretu bat"))
    assert organiser(arena).post("/staff/people", {"name": f"ezabatu  {arena.url[:4]}"}).status_code == 200
    (before,) = votes(arena, token)
    assert visitor.post("/me/erase", {}).status_code == 303
    assert visitor.get("/me").status_code == 200
    assert visitor.post("/me/erase", {"sure": "yes"}).status_code == 200
    (after,) = votes(arena, token)
    assert (after["content"], after["reason"]) == ("a", None)
    assert after["voter"] != before["voter"]
    for table in (
        "turns",
        "people",
        "answers",
        "votes",
        "battles",
        "consents",
        "sessions",
        "resets",
        "reports",
        "staff_log",
    ):
        text = str(arena.rows(f"SELECT * FROM {table}"))
        assert "sekretu" not in text
        assert "ezabatu" not in text.casefold(), table
        assert str(before["voter"]) not in text
    assert visitor.get("/me").headers["location"] == "/login"


def test_an_expired_battle_is_refused(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    arena = Served(settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST), tmp_path)
    visitor = Visitor(arena).guest()
    token = visitor.begin()
    visitor.answered(token)
    arena.ahead = timedelta(hours=arena.settings.battle.hours, seconds=2)
    assert (visitor.vote(token).status_code, visitor.vote(token).json()["error"]) == (410, "battle_expired")
    arena.close()


def test_a_database_that_cannot_write_is_said_and_nothing_is_said_to_be_saved(
    endpoints: ModelEndpoints, tmp_path: Path
) -> None:
    arena = Served(settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST), tmp_path)
    visitor, token = ready(arena)
    csrf = visitor.csrf("/")
    holder = sqlite3.connect(tmp_path / "arena.sqlite", isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    refused = visitor.api(f"/api/battles/{token}/vote", {"content": "a", "language": "a"}, csrf=csrf)
    assert (refused.status_code, refused.json()["error"]) == (503, "database_down")
    assert int(refused.headers["retry-after"]) > 0
    assert "saved" not in refused.json()
    holder.execute("ROLLBACK")
    holder.close()
    assert not votes(arena, token)
    assert visitor.vote(token).json()["saved"]
    arena.close()
