"""The database: one writer that commits together, errors as ours, steps of the schema up and down, on both kinds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mintza.arena.battles import storing
from mintza.arena.database.engine import Connection, Database, Row
from mintza.arena.database.migrating import downgrade, upgrade
from mintza.arena.ranking.judged import judged
from mintza.arena.refusals import Conflict, DatabaseDown, Refused
from mintza.arena.staff import overruling
from mintza.errors import StoreError


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database."""
    url = f"sqlite:///{tmp_path / 'a.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql")
    made = Database(url, readers=4)
    if request.param == "postgresql":
        asyncio.run(made.write(lambda c: c.run("DROP SCHEMA public CASCADE")))
        asyncio.run(made.write(lambda c: c.run("CREATE SCHEMA public")))
    yield made
    made.close()


def person(connection: Connection, number: int) -> None:
    connection.insert("people", id=f"p{number}", voter=f"v{number}", kind="guest", joined_at="2026-11-23")


def test_the_schema_goes_up_down_and_up_again_on_data(database: Database) -> None:
    upgrade(database)
    upgrade(database)
    asyncio.run(database.write(lambda c: person(c, 1)))
    downgrade(database, "base")
    with pytest.raises(DatabaseDown):
        asyncio.run(database.read(lambda c: c.all("SELECT * FROM people")))
    upgrade(database)
    assert asyncio.run(database.read(lambda c: c.all("SELECT * FROM people"))) == []


def told(database: Database) -> dict[str, list[Row]]:
    """What the tables of the first step hold."""
    tables = ("people", "consents", "sessions", "resets", "battles", "turns", "answers", "swaps", "votes", "reports")
    return {table: asyncio.run(database.read(lambda c, t=table: c.all(f"SELECT * FROM {t}"))) for table in tables}  # type: ignore[misc]


def filled(c: Connection) -> None:
    """Somebody with a battle, a vote and a report; a draw, which only the second step can hold."""
    at = {"started_at": "2026-11-23"}
    battle = {"id": "b1", "person_id": "p1", "voter": "v1", "language": "eus_Latn", "request_key": "k"}
    models = {"model_a": "one", "model_b": "two", "asked_a": "{}", "asked_b": "{}", "drawn_by": "uniform"}
    person(c, 1)
    c.insert("consents", id="c1", person_id="p1", version="1", text_sha256="x", interface="eu", given_at="2026-11-23")
    c.insert("battles", **battle, **models, **at, consent_version="1")
    c.insert("turns", battle_id="b1", number=1, prompt="Kaixo 'mundua'; --", state="complete", **at)
    c.insert("answers", battle_id="b1", number=1, side="a", model="one", text="ñ 😀", state="complete")
    c.insert("votes", battle_id="b1", voter="v1", cast_at="2026-11-23", **VOTE)
    c.insert("reports", id="r1", battle_id="b1", kind="other", note="x", at="2026-11-23")
    c.insert("draws", id="d1", at="2026-11-23", seed="s", entries_sha256="x", entries="{}", winners="[]")


VOTE = {"content": "a", "language": "tie", "overall": "a", "overall_asked": 0, "both_bad": 1, "reason": "Zergatik ez"}


def test_a_step_back_and_forth_on_data_keeps_people_battles_and_votes(database: Database) -> None:
    upgrade(database)
    asyncio.run(database.write(filled))
    before = told(database)
    assert len(before["votes"]) == 1
    downgrade(database, "0001")
    with pytest.raises(DatabaseDown):
        asyncio.run(database.read(lambda c: c.all("SELECT * FROM draws")))
    assert told(database)["turns"] == before["turns"]
    assert told(database)["votes"] == before["votes"]
    upgrade(database)
    assert told(database) == before
    assert asyncio.run(database.read(lambda c: c.all("SELECT * FROM draws"))) == []
    with pytest.raises(Conflict):
        asyncio.run(database.write(lambda c: c.insert("votes", battle_id="b1", voter="v2", cast_at="x", **VOTE)))


def test_an_arena_that_ran_before_checks_could_be_overruled_goes_on_with_all_it_had(database: Database) -> None:
    upgrade(database, "0002")
    asyncio.run(database.write(filled))
    asyncio.run(database.write(lambda c: c.insert("staff_log", **ACT)))
    before = told(database)
    upgrade(database)
    assert told(database) == before
    assert [battle.overruled for battle in asyncio.run(database.read(judged))] == [()]
    now = datetime(2026, 11, 30, tzinfo=UTC)
    for step in ("side", "speed"):
        asyncio.run(database.write(lambda c, step=step: overruling.bring(c, "Ane", "v1", step, now)))  # type: ignore[misc]
    assert [battle.overruled for battle in asyncio.run(database.read(judged))] == [("side", "speed")]
    asyncio.run(database.write(lambda c: overruling.uphold(c, "Ane", "v1", "side", "", now)))
    assert [battle.overruled for battle in asyncio.run(database.read(judged))] == [("speed",)]
    downgrade(database, "0002")
    assert told(database) == before
    kept = asyncio.run(database.read(lambda c: c.all("SELECT what FROM staff_log ORDER BY at, what")))
    assert [row["what"] for row in kept] == ["hide", "overrule import", "overrule import", "uphold"]


ACT = {"id": "a1", "at": "2026-11-23", "who": "Ane", "what": "hide", "about": "b1"}


def test_what_streams_is_saved_together_and_what_has_ended_is_left_as_it_is(database: Database) -> None:
    upgrade(database)
    asyncio.run(database.write(filled))
    for side, state in (("c", "running"), ("d", "complete")):
        answer = {"battle_id": "b1", "number": 1, "side": side, "model": "one", "text": "", "state": state}
        asyncio.run(database.write(lambda c, answer=answer: c.insert("answers", **answer)))  # type: ignore[misc]
    text = '«Kaixo»\n"mundua" \\ 😀 {} :rows %s; --'
    new = {"battle_id": "b1", "number": 1, "text": text, "state": "running", "why": None}
    new |= {"names_model": 0, "first_ms": 12, "total_ms": None}
    rows = [{**new, "side": side} for side in "cd"]
    asyncio.run(database.write(lambda c: storing.save_pieces(c, rows)))
    found = {row["side"]: row for row in told(database)["answers"]}
    assert {name: found["c"][name] for name in rows[0]} == rows[0]
    assert (found["d"]["text"], found["d"]["first_ms"]) == ("", None)
    asyncio.run(database.write(lambda c: storing.save_pieces(c, [])))


def test_a_database_of_a_later_version_is_said_and_left_alone(database: Database) -> None:
    upgrade(database)
    asyncio.run(database.write(lambda c: c.run("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(StoreError, match="9999"):
        upgrade(database)


def test_a_hundred_pieces_of_work_at_once_are_each_kept_or_told(database: Database) -> None:
    upgrade(database)

    def work(connection: Connection, number: int) -> int:
        person(connection, number % 80)
        if number % 7 == 0:
            raise Refused("no", 422)
        return number

    async def all_at_once() -> list[int | BaseException]:
        return await asyncio.gather(
            *(database.write(lambda c, n=n: work(c, n)) for n in range(100)),  # type: ignore[misc]
            return_exceptions=True,
        )

    told = asyncio.run(all_at_once())
    rows = asyncio.run(database.read(lambda c: c.all("SELECT id FROM people")))
    kept = [result for result in told if isinstance(result, int)]
    assert {row["id"] for row in rows} == {f"p{number % 80}" for number in kept}
    assert len(rows) == len(kept)
    assert all(isinstance(each, int | Refused | Conflict) for each in told)


def test_a_server_that_is_not_there_is_said_with_its_remedy(tmp_path: Path) -> None:
    for url in ("postgresql://nobody@127.0.0.1:1/nothing", f"sqlite:///{tmp_path / 'no' / 'folder' / 'a.sqlite'}"):
        database = Database(url)
        with pytest.raises(StoreError, match="cannot be brought"):
            upgrade(database)
        with pytest.raises(DatabaseDown):
            asyncio.run(database.write(lambda c: c.one("SELECT 1")))
        database.close()


def test_a_value_is_never_sql(database: Database) -> None:
    upgrade(database)
    name = "'; DROP TABLE people; --"
    asyncio.run(
        database.write(lambda c: c.insert("people", id="p", voter="v", kind="account", name=name, joined_at="now"))
    )
    row = asyncio.run(database.read(lambda c: c.one("SELECT name FROM people WHERE name = :name", name=name)))
    assert row == {"name": name}
