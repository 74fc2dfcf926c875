"""A check's finding on one voter, overruled: what it changes, that it lasts, that it is on record, and how it is taken back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest

from arena.conftest import FAST, NO_LOOKS
from arena.model_endpoint import ModelEndpoints
from arena.organisers import emptied, gave, organiser, ranked, taken, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.publishing.card import card
from mintza.arena.publishing.cleaning import Masks
from mintza.arena.publishing.exporting import ExportRow, files_of, rows_of
from mintza.arena.ranking.board import Board
from mintza.arena.staff import overruling
from mintza.records import Vote

NUMBERS = count()
VOTES = 12
WHY = "Irakurri egiten du: telefonoz hitz egin dugu"


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def arena(
    request: pytest.FixtureRequest, endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Served]:
    """An arena on either database."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    settings = settings_of(
        endpoints,
        {"latxa": "good", "llama": "other"},
        battle=FAST,
        fair=NO_LOOKS,
        limits={"signs_address": 1000, "logins_address": 1000},
    )
    served = emptied(Served(settings, tmp_path_factory.mktemp("arena"), url=url))
    yield served
    emptied(served).close()


@pytest.fixture
def staff(arena: Served) -> Visitor:
    """One of them."""
    return organiser(arena)


def one_sided(arena: Served, name: str, votes: int = VOTES) -> tuple[Visitor, str]:
    """Somebody who always prefers the left side, and their pseudonym."""
    visitor = Visitor(arena)
    assert visitor.join(name).status_code == 303
    gave(arena, name, votes, winner="a")
    (row,) = arena.rows("SELECT voter FROM people WHERE name = :name", name=name)
    ranked(arena)
    return visitor, row["voter"]


def steps(arena: Served, voter: str) -> list[str]:
    """What leaves a voter's votes out, vote by vote."""
    sql = "SELECT e.step FROM exclusions e JOIN votes v ON v.battle_id = e.battle_id WHERE v.voter = :voter"
    return [row["step"] for row in arena.rows(sql, voter=voter)]


def board(arena: Served) -> Board:
    """As the ranking is now."""
    ranked(arena)
    made = arena.arena.keeper.board
    assert made is not None
    return made


def asked(staff: Visitor, voter: str, act: str = "overrule", why: str = WHY, step: str = "side") -> int:
    return staff.post("/staff/checks", {"voter": voter, "step": step, "act": act, "why": why}).status_code


def exported(arena: Served) -> list[ExportRow]:
    return written(arena, lambda connection: rows_of(connection, arena.settings, Masks(())))


def test_votes_that_a_check_left_out_count_again_and_go_on_counting(arena: Served, staff: Visitor) -> None:
    visitor, voter = one_sided(arena, "Ezkerra")
    before = board(arena)
    assert steps(arena, voter) == ["side"] * VOTES
    assert "12 of your votes were left out" in visitor.get("/me?lang=en").text + visitor.get("/me").text
    page = staff.get(f"/staff/votes?voter={voter}").text
    assert "Overrule the check" in page
    assert "always the same side" in page
    assert asked(staff, voter) == 303
    after = board(arena)
    assert (after.counted, after.overruled) == (before.counted + VOTES, before.overruled + VOTES)
    assert steps(arena, voter) == []
    assert "were left out" not in visitor.get("/me").text
    assert (
        f"counted, since staff looked and overruled a check</dt><dd>{after.overruled}<"
        in staff.get("/leaderboard").text
    )
    gave(arena, "Ezkerra", 5, first=VOTES, winner="a")
    assert board(arena).counted == after.counted + 5
    assert "Overrule the check" not in staff.get(f"/staff/votes?voter={voter}").text


def test_an_arena_that_serves_looks_again_by_itself(arena: Served, staff: Visitor) -> None:
    _, voter = one_sided(arena, "Berriro")
    assert not arena.do(arena.arena.keeper.refresh())
    for act in ("overrule", "uphold"):
        assert asked(staff, voter, act) == 303
        assert arena.do(arena.arena.keeper.refresh())
        assert steps(arena, voter) == ([] if act == "overrule" else ["side"] * VOTES)


def test_one_person_is_let_in_and_nobody_else(arena: Served, staff: Visitor) -> None:
    (_, one), (_, other) = one_sided(arena, "Bata"), one_sided(arena, "Bestea")
    assert asked(staff, one) == 303
    ranked(arena)
    assert (steps(arena, one), steps(arena, other)) == ([], ["side"] * VOTES)


def test_who_when_and_why_stand_on_record_and_acts_are_only_added(arena: Served, staff: Visitor) -> None:
    _, voter = one_sided(arena, "Erregistroa")
    assert asked(staff, voter, why=f"  {WHY}\n <b>ziur</b>  ") == 303
    (first,) = arena.rows("SELECT * FROM overrulings WHERE voter = :v", v=voter)
    assert (first["step"], first["holds"], first["why"]) == ("side", 1, f"{WHY} <b>ziur</b>")
    assert first["value"] == pytest.approx(2 * 0.5**VOTES)
    assert first["threshold"] == arena.settings.fair.chance
    ranked(arena)
    assert asked(staff, voter, "uphold", why="") == 303
    ranked(arena)
    assert steps(arena, voter) == ["side"] * VOTES
    assert asked(staff, voter, why="bigarrenez") == 303
    kept = arena.rows("SELECT * FROM overrulings WHERE voter = :v ORDER BY number", v=voter)
    assert kept[0] == first
    assert [(row["holds"], row["why"]) for row in kept] == [(1, first["why"]), (0, ""), (1, "bigarrenez")]
    logged = arena.rows("SELECT * FROM staff_log WHERE about = :v ORDER BY at, id", v=voter)
    assert {row["id"] for row in logged} == {row["act"] for row in kept}
    assert {row["who"] for row in logged} == {"Antolatzailea"}
    assert all(row["at"] > "2026" for row in logged)
    for path in ("/staff", "/staff/votes"):
        page = staff.get(path).text
        for part in (
            "overruled a check of",
            "let a check hold again for",
            voter,
            "&lt;b&gt;ziur&lt;/b&gt;",
            "bigarrenez",
        ):
            assert part in page, (path, part)
    page = staff.get("/staff/votes").text
    assert page.count(f'name="voter" value="{voter}"') == 1, "only the last can be taken back"
    _, other = one_sided(arena, "Beste bat")
    assert asked(staff, other) == 303
    page = staff.get(f"/staff/votes?voter={voter}").text
    assert (page.count("bigarrenez"), page.count(f'value="{other}"')) == (1, 0), "of one voter there is what is theirs"


@pytest.mark.parametrize(
    ("change", "status", "told"),
    [
        ({"why": " \n "}, 422, "Please give a reason."),
        ({"step": "speed"}, 404, "That check leaves out no votes of that voter"),
        ({"step": "hidden"}, 404, "That check leaves out no votes of that voter"),
        ({"voter": "nobody"}, 404, "That check leaves out no votes of that voter"),
        ({"voter": ""}, 404, "That check leaves out no votes of that voter"),
        ({"act": "uphold"}, 404, "That check is not overruled for that voter."),
        ({"act": "burn"}, 422, "Something in the form"),
        ({"why": "x" * 501}, 422, "Something in the form"),
    ],
)
def test_what_cannot_be_overruled_is_said_and_leaves_nothing(
    arena: Served, staff: Visitor, change: dict[str, str], status: int, told: str
) -> None:
    _, voter = one_sided(arena, f"Ezin {next(NUMBERS)}")
    before = [len(arena.rows(f"SELECT * FROM {table}")) for table in ("overrulings", "staff_log")]
    form = {"voter": voter, "step": "side", "act": "overrule", "why": WHY, **change}
    reply = staff.post("/staff/checks", form)
    assert reply.status_code == status
    assert told in reply.text
    assert [len(arena.rows(f"SELECT * FROM {table}")) for table in ("overrulings", "staff_log")] == before


def test_nothing_is_overruled_twice(arena: Served, staff: Visitor) -> None:
    _, voter = one_sided(arena, "Birritan")
    assert [asked(staff, voter), asked(staff, voter)] == [303, 404]
    ranked(arena)
    assert asked(staff, voter) == 404
    assert [asked(staff, voter, "uphold"), asked(staff, voter, "uphold")] == [303, 404]


def test_who_votes_is_told_that_a_check_was_overruled_and_never_which(arena: Served, staff: Visitor) -> None:
    visitor, voter = one_sided(arena, "Galdetzen duena")
    assert asked(staff, voter) == asked(staff, voter, "uphold") == 303
    data = visitor.get("/me/data")
    assert [each["overruled"] for each in data.json()["checks_overruled"]] == [True, False]
    for secret in ("side", "one_model", WHY, "Antolatzailea"):
        assert f'"{secret}"' not in data.text
    assert WHY not in data.text


@pytest.mark.parametrize("way", ["withdraw", "erase"])
def test_votes_of_who_leaves_go_on_counting_and_what_staff_wrote_of_them_goes(
    arena: Served, staff: Visitor, way: str
) -> None:
    visitor, voter = one_sided(arena, f"Badoa {way}")
    assert asked(staff, voter) == 303
    before = board(arena)
    visitor.post(f"/me/{way}", {"sure": "yes"})
    assert not arena.rows("SELECT * FROM overrulings WHERE voter = :v", v=voter)
    (moved,) = arena.rows(
        "SELECT DISTINCT v.voter, o.why FROM votes v JOIN overrulings o ON o.voter = v.voter WHERE v.battle_id = :b",
        b=f"{voter}-0",
    )
    assert moved["why"] == (WHY if way == "withdraw" else "")
    after = board(arena)
    assert (after.counted, after.overruled) == (before.counted, before.overruled)
    mine = [row for row in exported(arena) if row.fields["id"].startswith(f"{voter}-")]
    assert [row.fields["overruled"] for row in mine] == [["side"]] * VOTES
    assert {row.fields["voter"] for row in mine} == {moved["voter"]}


def test_what_is_published_says_it_and_not_why(arena: Served) -> None:
    emptied(arena)
    staff = organiser(arena)
    (_, one), (_, other) = one_sided(arena, "Argitaratua"), one_sided(arena, "Kanpoan")
    assert asked(staff, one) == 303
    written(arena, lambda connection: connection.run("UPDATE battles SET hidden_at = 'x' WHERE id = :b", b=f"{one}-0"))
    files = {name: "\n".join(text) for name, text in files_of(exported(arena), arena.settings, "2026-11-30").items()}
    votes, excluded = (
        [json.loads(line) for line in files[f"{name}.jsonl"].splitlines()] for name in ("votes", "excluded")
    )
    assert {(row["voter"], *row["overruled"]) for row in votes} == {(one, "side")}
    assert len(votes) == VOTES - 1
    assert {(row["voter"], *row["overruled"], *row["left_out"]) for row in excluded} == {
        (one, "side", "hidden"),
        (other, "side"),
    }
    records = [json.loads(line) for line in files["records.jsonl"].splitlines()]
    assert {tuple(record["overruled"]) for record in records if "criterion" in record} == {("side",)}
    told = f"Of the votes that count, {VOTES - 1}, of 1 people, do so since staff looked at what a check had found"
    assert told in files["README.md"]
    assert "(side 11)" in files["README.md"]
    assert "| overruled |" in files["README.md"]
    for text in files.values():
        assert WHY not in text
        assert "Antolatzailea" not in text


def test_an_arena_without_any_says_nothing_of_it(arena: Served) -> None:
    emptied(arena)
    one_sided(arena, "Bakarra")
    rows = exported(arena)
    assert all(row.fields["overruled"] == [] for row in rows)
    assert "overruled it" not in card(rows, arena.settings, "2026-11-30")


def test_what_is_exported_comes_back_counts_and_is_the_same(arena: Served) -> None:
    emptied(arena)
    staff = organiser(arena)
    _, voter = one_sided(arena, "Joan-etorria")
    assert asked(staff, voter) == 303
    before, first = board(arena), [row.fields for row in exported(arena)]
    emptied(arena)
    lines = [json.dumps(fields) for fields in first]
    assert (taken(arena, lines).new, taken(arena, lines).there) == (VOTES, VOTES)
    after = board(arena)
    assert (after.votes, after.counted, after.overruled) == (before.votes, before.counted, before.overruled)
    assert [row.fields for row in exported(arena)] == first
    (act,) = arena.rows("SELECT l.who, l.what FROM overrulings o JOIN staff_log l ON l.id = o.act")
    assert (act["who"], act["what"]) == ("command line", overruling.BROUGHT)


def test_what_was_decided_here_is_not_undone_by_a_file(arena: Served) -> None:
    emptied(arena)
    staff = organiser(arena)
    _, voter = one_sided(arena, "Hemen erabakia")
    assert asked(staff, voter) == 303
    ranked(arena)
    rows: list[dict[str, Any]] = [dict(row.fields) for row in exported(arena)]
    emptied(arena)
    taken(arena, [json.dumps(row) for row in rows])
    staff = organiser(arena)
    assert asked(staff, voter, "uphold") == 303
    taken(arena, [json.dumps({**rows[0], "id": "another"})])
    ranked(arena)
    assert steps(arena, voter) == ["side"] * (VOTES + 1)


def test_no_file_overrules_a_check_for_somebody_who_takes_part_here(arena: Served) -> None:
    _, voter = one_sided(arena, "Hemengoa")
    row = next(dict(row.fields) for row in exported(arena) if row.fields["voter"] == voter)
    # As whoever wants to be let in could write it.
    forged = {**row, "id": "forged", "left_out": [], "overruled": ["side"]}
    assert taken(arena, [json.dumps(forged)]).new == 1
    ranked(arena)
    assert steps(arena, voter) == ["side"] * (VOTES + 1)


def test_a_vote_that_nothing_was_overruled_for_is_written_as_it_always_was() -> None:
    import msgspec

    cast = Vote(battle_id="b", voter="v", criterion="content", winner="a", cast_at="2026")
    assert json.loads(msgspec.json.encode(cast)) == {
        "battle_id": "b",
        "voter": "v",
        "criterion": "content",
        "winner": "a",
        "cast_at": "2026",
    }
