"""Those who run an arena, and votes of others that they bring: rows as the reference publishes its own."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from math import exp
from typing import Any, TypeVar

from arena.served import Served, Visitor
from mintza.arena.accounts.people import stamp
from mintza.arena.database.engine import Connection
from mintza.arena.publishing import importing
from mintza.arena.staff import moderating

T = TypeVar("T")
PASSWORD = "the organisers' password"
ASKED = json.dumps({"system_prompt": "Euskaraz.", "temperature": 0.3, "top_p": 0.95, "max_tokens": 64})


def written(served: Served, work: Callable[[Connection], T]) -> T:
    """What some work gives, once its changes are in the database."""
    return served.do(served.arena.database.write(work))


def emptied(served: Served) -> Served:
    """An arena without anybody: tests share one PostgreSQL."""
    for table in ("battles", "people", "overrulings"):
        written(served, lambda connection, table=table: connection.run(f"DELETE FROM {table}"))  # type: ignore[misc]
    return served


def organiser(served: Served, name: str = "Antolatzailea") -> Visitor:
    """Somebody of the staff, logged in, who has agreed."""
    token = written(served, lambda connection: moderating.make_staff(connection, name, served.arena.now()))
    visitor = Visitor(served)
    assert visitor.post(f"/reset/{token}", {"password": PASSWORD}).status_code == 303
    assert visitor.post("/login", {"name": name, "password": PASSWORD}).status_code == 303
    assert visitor.post("/consent", {"agree": "yes", "version": "1"}).status_code == 303
    return visitor


def ranked(served: Served) -> None:
    """The ranking made now, as the arena does it every some seconds."""
    served.do(served.arena.keeper.refresh(always=True))


def rows(models: list[str], people: int, votes: int, *, seed: int = 1) -> list[dict[str, Any]]:
    """Judged battles as the reference publishes them; the first model is the best, each next 0.7 in log-odds worse."""
    luck = random.Random(seed)
    now = datetime.now(UTC)

    def winner(a: str, b: str) -> str:
        if luck.random() < 0.2:
            return "tie"
        return "model_a" if luck.random() < 1 / (1 + exp(0.7 * (models.index(a) - models.index(b)))) else "model_b"

    def made(voter: int, number: int) -> dict[str, Any]:
        a, b = luck.sample(models, 2)
        content, language = winner(a, b), winner(a, b)
        apart = {content, language} == {"model_a", "model_b"}
        overall = luck.choice([content, language]) if apart else language if content == "tie" else content
        said = {
            side: [
                {"role": "system", "content": "Laguntzailea zara."},
                {"role": "user", "content": f"{number}. galdera"},
                {"role": "assistant", "content": f"{model} ereduaren erantzuna"},
            ]
            for side, model in (("a", a), ("b", b))
        }
        return {
            "id": f"battle-{voter}-{number}",
            "username": f"user{voter:03d}",
            "user_language": ["B2", "C1", "C2", "native"][voter % 4],
            "user_education": ["vocational", "university"][voter % 2],
            "timestamp": (now - timedelta(hours=luck.uniform(1, 240))).isoformat(),
            "model_a": a,
            "model_b": b,
            "conv_a": said["a"],
            "conv_b": said["b"],
            "winner_content": content,
            "winner_language": language,
            "winner": overall,
        }

    return [made(voter, number) for voter in range(people) for number in range(votes)]


def lines(found: list[dict[str, Any]]) -> list[str]:
    """As lines of JSON."""
    return [json.dumps(row, ensure_ascii=False) for row in found]


def brought(served: Served, found: list[dict[str, Any]]) -> importing.Imported:
    """Take rows in."""
    return taken(served, lines(found))


def taken(served: Served, found: list[str]) -> importing.Imported:
    """Take lines in."""
    now = served.arena.now()
    return written(served, lambda connection: importing.take(connection, found, "eus_Latn", "command line", now))


def gave(served: Served, name: str, votes: int, *, first: int = 0, winner: str = "tie") -> None:
    """Somebody's judged battles, all in one transaction: visits over HTTP are tested elsewhere, and take their time.

    first: number of the first.  winner: by each criterion.
    """
    (person,) = served.rows("SELECT id, voter FROM people WHERE name = :name", name=name)
    at = stamp(served.arena.now())

    def work(connection: Connection) -> None:
        for number in range(first, first + votes):
            battle = {"battle_id": f"{person['voter']}-{number}"}
            fixed = {
                "language": "eus_Latn",
                "asked_a": ASKED,
                "asked_b": ASKED,
                "drawn_by": "uniform",
                "consent_version": "1",
            }
            models = {"model_a": "latxa", "model_b": "llama", "started_at": at, "request_key": str(number)}
            connection.insert(
                "battles", id=battle["battle_id"], person_id=person["id"], voter=person["voter"], **fixed, **models
            )
            connection.insert("turns", **battle, number=1, prompt="Zer da euria?", state="complete", started_at=at)
            for side, model in (("a", "latxa"), ("b", "llama")):
                answer = {"side": side, "model": model, "text": "Ura.", "state": "complete"}
                connection.insert("answers", **battle, number=1, **answer)
            said = {"content": winner, "language": winner, "overall": winner}
            connection.insert("votes", **battle, voter=person["voter"], cast_at=at, **said)

    written(served, work)
