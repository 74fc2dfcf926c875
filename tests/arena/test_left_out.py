"""What is left out: what it costs its voter, who is told, and what staff can do and take back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena.conftest import FAST, NO_LOOKS
from arena.model_endpoint import ModelEndpoints
from arena.organisers import gave, organiser, ranked, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.database.engine import Connection
from mintza.arena.pages import labels
from mintza.arena.ranking.screening import OF_BATTLE, OF_VOTER
from mintza.arena.staff import moderating
from mintza.arena.thanks import progress, raffle
from mintza.arena.words import words

ROOM = Path(__file__).parents[2] / "src" / "mintza" / "arena"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena(
    request: pytest.FixtureRequest, endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """An arena with prizes, on either database."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    settings = settings_of(
        endpoints,
        {"latxa": "good", "llama": "other"},
        battle=FAST,
        fair=NO_LOOKS,
        contact="arena@example.org",
        encouraging={"votes_a_ticket": 2, "prizes": [{"text": "Liburu bat"}]},
        limits={"signs_address": 1000, "logins_address": 1000},
    )
    served = Served(settings, tmp_path_factory.mktemp("arena"), url=url)
    for table in ("battles", "people"):
        written(served, lambda connection, table=table: connection.run(f"DELETE FROM {table}"))  # type: ignore[misc]
    yield served
    served.close()


def person(arena: Served, name: str) -> tuple[str, str]:
    (row,) = arena.rows("SELECT id, voter FROM people WHERE name = :name", name=name)
    return row["id"], row["voter"]


def left_out(arena: Served, battle: str, step: str) -> None:
    """As a look of the ranking does it."""
    written(
        arena,
        lambda connection: connection.insert(
            "exclusions", battle_id=battle, step=step, reason="x", value=0.5, threshold=0.1, at="2026"
        ),
    )


def own(arena: Served, name: str) -> progress.Own:
    who = person(arena, name)[0]
    return written(arena, lambda connection: progress.own(connection, who))


def with_votes(arena: Served, name: str, votes: int) -> Visitor:
    visitor = Visitor(arena)
    assert visitor.join(name).status_code == 303
    gave(arena, name, votes)
    return visitor


@pytest.mark.parametrize("step", [*OF_BATTLE, *OF_VOTER])
def test_a_vote_is_thanked_for_the_work_whatever_the_answers_were(arena: Served, step: str) -> None:
    name = f"Nekatua {step.replace('_', ' ')}"
    visitor = with_votes(arena, name, 4)
    visitor.post("/me/listed", {"listed": "yes"})
    voter = person(arena, name)[1]
    for number in range(2):
        left_out(arena, f"{voter}-{number}", step)
    found = own(arena, name)
    thanked = 4 if step in OF_BATTLE else 2
    assert (found.votes, found.valid, found.aside, found.careless) == (4, thanked, thanked - 2, 4 - thanked)
    entries = written(arena, lambda connection: raffle.entries(connection, addresses=False))
    named = {row["name"]: row["votes"] for row in written(arena, progress.contributors)}
    assert entries[voter] == named[name] == found.valid
    page = visitor.get("/me?lang=en").text + visitor.get("/me").text
    assert ("2 of them are not in the ranking" in page) == (step in OF_BATTLE)
    assert ("2 of your votes were left out" in page) == (step in OF_VOTER)
    assert "arena@example.org" in page
    # Which check it was is nobody's business who might write votes to pass it.
    assert labels.STEPS[step] not in page
    data = visitor.get("/me/data")
    assert [battle["vote"]["in_ranking"] for battle in data.json()["battles"]].count(False) == 2
    assert f'"{step}"' not in data.text


def test_whoever_withdrew_is_not_thanked_any_more_for_what_is_no_longer_theirs(arena: Served) -> None:
    visitor = with_votes(arena, "Utzi duena", 4)
    told = visitor.post("/me/withdraw", {})
    assert told.headers["location"] == "/consent?withdrawn=yes"
    assert "Your consent is withdrawn." in visitor.get(told.headers["location"]).text
    assert "Your consent is withdrawn." not in visitor.get("/consent").text
    assert visitor.post("/consent", {"agree": "yes", "version": "1"}).status_code == 303
    assert (own(arena, "Utzi duena").votes, own(arena, "Utzi duena").valid) == (4, 0)
    voter = person(arena, "Utzi duena")[1]
    assert voter not in written(arena, lambda connection: raffle.entries(connection, addresses=False))


def counted(arena: Served) -> int:
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    return board.counted


def test_staff_leave_a_voters_votes_out_and_take_that_back(arena: Served) -> None:
    staff, visitor = organiser(arena), with_votes(arena, "Azkarra", 3)
    voter, before = person(arena, "Azkarra")[1], counted(arena)
    page = staff.get(f"/staff/votes?voter={voter}").text
    assert page.count("Zer da euria?") == 3
    assert staff.post("/staff/votes", {"of": voter, "act": "out"}).status_code == 303
    assert counted(arena) == before - 3
    assert (own(arena, "Azkarra").valid, own(arena, "Azkarra").careless) == (0, 3)
    assert "3 of your votes were left out" in visitor.get("/me").text
    page = staff.get("/staff/votes").text
    assert f'3 battles of <a href="/staff/votes?voter={voter}"' in page
    assert page.count(labels.STEPS["hidden"]) >= 3
    assert staff.post("/staff/votes", {"of": voter, "act": "back"}).status_code == 303
    assert counted(arena) == before
    assert own(arena, "Azkarra").valid == 3
    acts = [(row["what"], row["about"]) for row in arena.rows("SELECT what, about FROM staff_log ORDER BY at, id")]
    assert {("hide voter", voter), ("show voter", voter)} <= {*acts}


def test_a_battle_that_was_taken_out_for_a_report_is_let_back_and_costs_its_voter_nothing(arena: Served) -> None:
    staff, visitor = organiser(arena), Visitor(arena)
    assert visitor.join("Salataria").status_code == 303
    token = visitor.begin()
    visitor.answered(token)
    battle = token.split(".")[0]
    assert visitor.vote(token).status_code == 200
    visitor.api(f"/api/battles/{token}/report", {"kind": "harmful", "note": ""})
    (report,) = arena.rows("SELECT id FROM reports WHERE battle_id = :b", b=battle)
    before = counted(arena)
    staff.post("/staff/reports", {"report": report["id"], "battle": battle, "act": "hide"})
    assert counted(arena) == before - 1
    assert (own(arena, "Salataria").valid, own(arena, "Salataria").aside) == (1, 1)
    # Letting all of the voter's votes back leaves alone what was taken out for itself.
    voter = person(arena, "Salataria")[1]
    assert staff.post("/staff/votes", {"of": voter, "act": "back"}).status_code == 404
    assert battle in staff.get("/staff/votes").text
    assert staff.post("/staff/votes", {"of": battle, "act": "back"}).status_code == 303
    assert counted(arena) == before
    assert staff.post("/staff/votes", {"of": f" {battle} ", "act": "out"}).status_code == 303
    assert counted(arena) == before - 1


@pytest.mark.parametrize("of", ["", "nobody", "../x", "'; DELETE FROM votes; --"])
def test_what_is_nobodys_is_said_and_changes_nothing(arena: Served, of: str) -> None:
    staff = organiser(arena)
    before = arena.rows("SELECT COUNT(*) AS n FROM battles WHERE hidden_at IS NOT NULL")
    reply = staff.post("/staff/votes", {"of": of, "act": "out"})
    assert reply.status_code == 404
    assert "There is no battle and no voter of that name" in reply.text
    assert staff.post("/staff/votes", {"of": of, "act": "burn"}).status_code == 422
    assert arena.rows("SELECT COUNT(*) AS n FROM battles WHERE hidden_at IS NOT NULL") == before


def test_what_does_not_count_is_listed_with_voter_and_reason_and_by_reason(arena: Served) -> None:
    staff, _ = organiser(arena), with_votes(arena, "Bi arrazoi", 2)
    voter = person(arena, "Bi arrazoi")[1]
    left_out(arena, f"{voter}-0", "cut")
    left_out(arena, f"{voter}-1", "speed")
    for step, there in (("", (True, True)), ("?step=cut", (True, False)), ("?step=speed", (False, True))):
        page = staff.get(f"/staff/votes{step}").text
        assert (f"{voter}-0<" in page, f"{voter}-1<" in page) == there, step
    assert staff.get("/staff/votes?step=none").status_code == 200
    assert "0.5, 0.1" in staff.get("/staff/votes").text
    counts = written(arena, moderating.excluded_counts)
    assert counts == {
        row["step"]: row["n"] for row in arena.rows("SELECT step, COUNT(*) AS n FROM exclusions GROUP BY step")
    }


def test_what_people_wrote_is_text_on_the_pages_of_staff(arena: Served) -> None:
    staff, visitor = organiser(arena), Visitor(arena).guest()
    attack = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    token = visitor.begin(attack)
    visitor.answered(token)
    assert visitor.vote(token, reason=attack).status_code == 200
    (row,) = arena.rows("SELECT voter FROM battles WHERE id = :b", b=token.split(".")[0])
    for path in (f"/staff/votes?voter={row['voter']}", f"/staff/votes?voter={attack}", f"/staff/votes?step={attack}"):
        page = staff.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
    assert staff.get(f"/staff/votes?voter={row['voter']}").text.count("&lt;script&gt;alert(1)") == 2


def test_seconds_between_answers_and_vote() -> None:
    assert moderating.seconds("2026-11-30T10:00:00.000Z", "2026-11-30T10:00:07.600Z") == 8
    assert moderating.seconds(None, "2026-11-30T10:00:07.600Z") is None


def test_every_act_and_every_failure_has_words_in_every_language(arena: Served) -> None:
    staff = organiser(arena)
    said = "".join(path.read_text(encoding="utf-8") for path in ROOM.rglob("*.py"))
    failures = {code.removesuffix("_") for code in re.findall(r'EndpointFailed\(f?"(\w+)', said)}
    assert failures | {"unreachable", "slow_first", "too_slow", "internal"} <= {*labels.FAILURES}
    for tag in ("eu", "es", "gl", "cy"):
        speak = words(tag)
        for code in (*labels.FAILURES.values(), *labels.ACTS.values(), *labels.STEPS.values()):
            assert speak(code) != code
        assert labels.failure(speak, "http_503").endswith(" 503")
    assert labels.failure(words("en"), "of a later version") == "of a later version"
    written(arena, lambda connection: _acted(connection, [*labels.ACTS]))
    staff.get("/?lang=eu")
    page = staff.get("/staff").text
    for act in labels.ACTS.values():
        assert words("eu")(act) in page, act


def _acted(connection: Connection, acts: list[str]) -> None:
    for number, act in enumerate(acts):
        connection.insert("staff_log", id=f"act {number}", at="2099", who="Ane", what=act, about="")
