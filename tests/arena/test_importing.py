"""Judged battles out of files into the arena: the reference's form and our own; what is not kept for ever; the verbs of both."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from arena.model_endpoint import ModelEndpoints
from arena.organisers import brought, emptied, lines, ranked, rows, taken, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.accounts.people import stamp
from mintza.arena.publishing import importing
from mintza.arena.publishing.cleaning import Masks
from mintza.arena.publishing.exporting import rows_of
from mintza.arena.publishing.retaining import retain
from mintza.arena.settings import Retention
from mintza.errors import BadInput
from mintza.terminal import arena_staff

MODELS = ["latxa", "llama", "gpt"]
APART = "content and language point apart, and nobody said overall"


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, endpoints: ModelEndpoints, tmp_path: Path) -> Iterator[Served]:
    """An arena into which rows can be taken; its database is empty."""
    url = None if request.param == "sqlite" else str(request.getfixturevalue("postgresql"))
    served = emptied(Served(settings_of(endpoints, {"latxa": "good", "llama": "other"}), tmp_path, url=url))
    yield served
    served.close()


def row(**more: Any) -> dict[str, Any]:
    """A row in the reference's form, changed."""
    return rows(MODELS, 1, 1)[0] | more


def test_rows_as_the_reference_publishes_them_are_taken_in_once(empty: Served) -> None:
    found = rows(MODELS, 8, 5)
    first, again = brought(empty, found), brought(empty, found)
    assert (first.new, first.there, again.new, again.there) == (40, 0, 0, 40)
    votes = {vote["battle_id"]: vote for vote in empty.rows("SELECT * FROM votes")}
    sides = {"model_a": "a", "model_b": "b", "tie": "tie"}
    for given in found:
        kept = votes[given["id"]]
        said = [sides[given[name]] for name in ("winner_content", "winner_language", "winner")]
        assert [kept[name] for name in ("content", "language", "overall")] == said
        assert kept["voter"] == given["username"]
    people = {person["voter"]: person for person in empty.rows("SELECT * FROM people")}
    assert len(people) == 8
    assert all(person["kind"] == "imported" and person["password"] is None for person in people.values())
    assert people["user002"]["level"] == "C2"
    ranked(empty)
    board = empty.arena.keeper.board
    assert board is not None
    assert board.votes == 40
    assert {standing.model for standing in board.columns["overall"]} == {*MODELS}


def test_what_is_exported_can_be_taken_in_again_and_is_the_same(empty: Served, tmp_path: Path) -> None:
    brought(empty, rows(MODELS, 6, 4))
    first = [made.fields for made in exported(empty)]
    written(empty, lambda connection: connection.run("DELETE FROM battles"))
    written(empty, lambda connection: connection.run("DELETE FROM people"))
    assert brought(empty, [dict(fields) for fields in first]).new == 24
    assert [made.fields for made in exported(empty)] == first


def test_answers_that_are_empty_or_were_cut_come_in_as_such_and_do_not_count(empty: Served) -> None:
    found = rows(MODELS, 6, 4)
    found[0]["conv_b"][-1]["content"] = " \n"
    found[1]["cut"] = ["a"]
    brought(empty, found)
    ranked(empty)
    board = empty.arena.keeper.board
    assert board is not None
    assert (board.votes, board.counted, board.excluded) == (24, 22, {"empty": 1, "cut": 1})
    first = {made.fields["id"]: made.fields for made in exported(empty)}
    assert [first[row["id"]]["cut"] for row in found[:3]] == [[], ["a"], []]
    for table in ("battles", "people"):
        written(empty, lambda connection, table=table: connection.run(f"DELETE FROM {table}"))  # type: ignore[misc]
    brought(empty, [dict(fields) for fields in first.values()])
    assert {made.fields["id"]: made.fields for made in exported(empty)} == first
    ranked(empty)
    assert empty.arena.keeper.board is not None
    assert empty.arena.keeper.board.excluded == board.excluded


@pytest.mark.parametrize("state", ["withdrawn", "erased", "hidden"])
def test_what_is_without_its_words_comes_back_with_what_was_known_of_its_answers(empty: Served, state: str) -> None:
    found = rows(MODELS, 6, 4)
    flags: list[dict[str, Any]] = [{"cut": ["b"]}, {"names_model": True}, {"cut": ["a", "b"]}, {}]
    for number, more in enumerate(flags):
        found[number] |= more
    brought(empty, found)
    ids = [row["id"] for row in found[:4]]
    for battle in ids:
        if state == "erased":
            written(empty, lambda c, b=battle: c.run("UPDATE turns SET prompt = '' WHERE battle_id = :b", b=b))  # type: ignore[misc]
            written(empty, lambda c, b=battle: c.run("UPDATE answers SET text = '' WHERE battle_id = :b", b=b))  # type: ignore[misc]
        else:
            written(empty, lambda c, b=battle: c.run(f"UPDATE battles SET {state}_at = 'x' WHERE id = :b", b=b))  # type: ignore[misc]
    first = {made.fields["id"]: made.fields for made in exported(empty)}
    assert [(first[b]["words"], first[b]["cut"], first[b]["names_model"]) for b in ids] == [
        (state, ["b"], False),
        (state, [], True),
        (state, ["a", "b"], False),
        (state, [], False),
    ]
    for table in ("battles", "people"):
        written(empty, lambda connection, table=table: connection.run(f"DELETE FROM {table}"))  # type: ignore[misc]
    done = brought(empty, [dict(fields) for fields in first.values()])
    assert (done.new, done.refused) == (24, [])
    assert {made.fields["id"]: made.fields for made in exported(empty)} == first


def test_what_was_left_out_for_its_voters_doing_is_not_taken_for_a_vote_that_counts(served: Served) -> None:
    given = [row(id=f"left out {step}", left_out=[step]) for step in ("speed", "side", "cohort", "control", "cut")]
    done = brought(served, given)
    assert done.new == 1
    assert [verdict.reason for verdict in done.refused] == [
        f"a vote that was left out where it comes from ({step})" for step in ("speed", "side", "cohort", "control")
    ]


def exported(served: Served) -> list[Any]:
    return written(served, lambda connection: rows_of(connection, served.settings, Masks(())))


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"winner_content": "A hobea"}, "a winner that is neither a, b nor tie"),
        (
            {"winner_content": "model_a", "winner_language": "model_b", "winner": None},
            "content and language point apart, and nobody said overall",
        ),
        ({"model_b": None}, "a row without model_b"),
        ({"model_b": ["x"]}, "a row without model_b"),
        ({"username": ""}, "a row without voter"),
        ({"model_a": "same", "model_b": "same"}, "a battle that is not between two models"),
        ({"model_a": "control:x"}, "a battle that is not between two models"),
        ({"conv_a": "not JSON"}, "a conversation that cannot be read"),
        (
            {"conv_a": [{"role": "assistant", "content": "Kaixo"}]},
            "a conversation in which people and model do not take turns",
        ),
        ({"conv_a": []}, "two conversations with different prompts"),
        ({"conv_a": 7}, "a conversation that cannot be read"),
        ({"asked_a": {"temperature": "hot"}}, "sampling settings that are no numbers"),
        ({"cut": True}, "`cut` that is no list of sides"),
        ({"left_out": "speed"}, "`left_out` that is no list of steps"),
        ({"overruled": "speed"}, "`overruled` that is no list of checks"),
        ({"overruled": ["cut"]}, "a check that is not known here (cut)"),
    ],
)
def test_a_row_that_is_no_battle_leaves_a_verdict_and_the_others_come_in(
    served: Served, change: dict[str, Any], why: str
) -> None:
    good = row(id=f"good {why} {change}")
    done = brought(served, [row(id="bad", **change), good])
    assert done.new == 1
    (verdict,) = done.refused
    assert (verdict.record_id, verdict.step, verdict.kept, verdict.reason) == ("row 1", "import", False, why)
    assert not served.rows("SELECT id FROM battles WHERE id = 'bad'")


def test_lines_that_are_no_rows_each_leave_a_verdict(served: Served) -> None:
    done = taken(served, ["{", "[]", "7"])
    assert [verdict.reason for verdict in done.refused] == ["a line that is no JSON"] + [
        "a line that is no JSON object"
    ] * 2


def test_both_bad_of_other_arenas_is_a_tie_and_conversations_may_be_text(served: Served) -> None:
    given = row(id="both bad", winner_content="tie (bothbad)", winner_language="tie", winner=None)
    given |= {name: json.dumps(given[name]) for name in ("conv_a", "conv_b")}
    assert brought(served, [given]).new == 1
    (vote,) = served.rows("SELECT * FROM votes WHERE battle_id = 'both bad'")
    assert (vote["content"], vote["language"], vote["overall"]) == ("tie", "tie", "tie")


def test_a_voter_who_is_here_already_is_not_made_anew(served: Served) -> None:
    visitor = Visitor(served).guest()
    (own,) = served.rows("SELECT voter FROM people ORDER BY joined_at DESC LIMIT 1")
    assert brought(served, [row(id="of a guest", username=own["voter"])]).new == 1
    assert len(served.rows("SELECT id FROM people WHERE voter = :v", v=own["voter"])) == 1
    assert not visitor.get("/me/data").json()["battles"], "whoever writes a file cannot put words into another's mouth"


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_file_that_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "votes.jsonl").write_bytes(content)
    with pytest.raises(BadInput, match="JSON lines"):
        list(importing.read(tmp_path / "votes.jsonl"))


def test_what_is_past_its_time_goes_and_votes_stay(served: Served) -> None:
    old, judged, recent = Visitor(served).guest(), Visitor(served).guest(), Visitor(served).guest()
    for visitor in (old, judged):
        token = visitor.begin("aspaldiko hitzak")
        visitor.answered(token)
    assert judged.vote(token).status_code == 200
    past = stamp(served.arena.now() - timedelta(days=100))
    for sql in (
        "UPDATE people SET joined_at = :at WHERE kind = 'guest' AND id IN (SELECT person_id FROM battles)",
        "UPDATE battles SET started_at = :at",
        "UPDATE sessions SET created_at = :at WHERE person_id IN (SELECT person_id FROM battles)",
    ):
        written(served, lambda connection, sql=sql: connection.run(sql, at=past))  # type: ignore[misc]
    votes = served.rows("SELECT COUNT(*) AS n FROM votes")
    limits = Retention(unjudged=30, guests=30, accounts=None)
    gone = written(served, lambda connection: retain(connection, limits, served.arena.now()))
    assert gone.battles >= 1
    assert gone.guests >= 2
    assert served.rows("SELECT COUNT(*) AS n FROM votes") == votes
    assert "aspaldiko" not in str(served.rows("SELECT prompt FROM turns"))
    assert old.get("/me").headers["location"] == "/login"
    assert recent.get("/me").status_code == 200


def overruled_and_back(file: Path, data: Path) -> None:
    """A check's finding, as an arena that serves leaves it, is listed, overruled and let hold again."""
    arena_staff.checks(file)
    with contextlib.closing(sqlite3.connect(data / "arena-data" / "arena.sqlite")) as connection, connection:
        left_out = "INSERT INTO exclusions SELECT battle_id, 'side', 'x', 0.0001, 0.001, 'now' FROM votes WHERE voter = 'user000'"
        connection.execute(left_out)
    arena_staff.checks(file)
    for wrong, why in (
        ((" ", False), "Please give a reason"),
        (("x" * 501, False), "too long"),
        (("", True), "not overruled"),
    ):
        with pytest.raises(BadInput, match=why):
            arena_staff.overrule(file, "user000", "side", *wrong)
    with pytest.raises(BadInput, match="leaves out no votes of that voter"):
        arena_staff.overrule(file, "user001", "side", "Zergatik ez", False)
    arena_staff.overrule(file, "user000", "side", "Telefonoz hitz egin dugu", False)
    arena_staff.checks(file)
    arena_staff.overrule(file, "user000", "side", "", True)
    arena_staff.checks(file)


def test_the_verbs_of_the_command_line_do_the_same(
    endpoints: ModelEndpoints, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    file, votes, out = tmp_path / "arena.yaml", tmp_path / "votes.jsonl", tmp_path / "out"
    settings = settings_of(
        endpoints, {"latxa": "good", "llama": "other"}, encouraging={"prizes": [{"text": "Liburu bat"}]}
    )
    file.write_text(yaml.safe_dump(settings.model_dump(mode="json")), encoding="utf-8")
    votes.write_text("\n".join([*lines(rows(MODELS, 3, 4)), "{"]), encoding="utf-8")
    arena_staff.take(file, votes)
    arena_staff.export(file, out, review=False)
    arena_staff.export(file, tmp_path / "review.jsonl", review=True)
    arena_staff.retain(file)
    arena_staff.staff(file, "Antolatzailea", None)
    arena_staff.staff(file, None, None)
    arena_staff.raffle(file, None)
    arena_staff.raffle(file, "2026")
    arena_staff.staff(file, None, "Antolatzailea")
    with pytest.raises(BadInput, match="nobody of the staff"):
        arena_staff.staff(file, None, "Antolatzailea")
    overruled_and_back(file, tmp_path)
    said = capsys.readouterr().out
    for part in (
        "12 battles came in, 0 were there, 1 rows could not be used.",
        "a line that is no JSON: 1, first row 13",
        "12 votes that count, 0 that do not",
        "12 conversations to read",
        "/reset/",
        "Antolatzailea  since ",
        "0 people, 0 tickets, sha256 of the entries",
        "Nothing is drawn",
        "no longer staff",
        "No check leaves out anybody's votes.",
        "user000  side: 4 votes left out, found 0.0001, limit 0.001",
        "side is overruled for user000; an arena that serves looks again within 30 s.",
        "command line: overruled side for user000. Telefonoz hitz egin dugu",
        "side holds again for user000",
        "command line: upheld side for user000.",
    ):
        assert part in said, (part, said)
    assert len((out / "votes.jsonl").read_text(encoding="utf-8").splitlines()) == 12
    first = json.loads((tmp_path / "review.jsonl").read_text(encoding="utf-8").splitlines()[0])
    assert set(first) == {"id", "masked", "prompts", "reason"}
