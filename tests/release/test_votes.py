"""Votes in a release: what staff let in against a check is said, in the file and on its card."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mintza.languages import load
from mintza.records import Battle, Message, Reply, Vote
from mintza.release.parts import write_votes
from mintza.report.material import Arena
from mintza.report.votes.reading import read_votes


def side(model: str) -> Reply:
    said = (Message(role="user", content="Kaixo"), Message(role="assistant", content="Bai."))
    return Reply(model=model, messages=said, system_prompt="", temperature=0.7, top_p=1.0, max_tokens=64)


def arena(overruled: Sequence[str]) -> Arena:
    """A battle a voter; those of the first were let in."""
    at = "2026-11-01T10:00:00Z"
    battles = {
        f"b{k}": Battle(id=f"b{k}", language="eus_Latn", a=side("x"), b=side("y"), started_at=at) for k in range(3)
    }
    votes = [
        Vote(
            battle_id=name,
            voter=f"v{k}",
            criterion=criterion,
            winner="a",
            cast_at=at,
            overruled=tuple(overruled) if k == 0 else (),
        )
        for k, name in enumerate(battles)
        for criterion in ("content", "language")
    ]
    return Arena(battles, votes, {}, (), "ab" * 32)


def released(folder: Path, given: Arena) -> tuple[list[str], str]:
    """Lines of the file, and the card."""
    values = {
        "title": "t",
        "study_title": "s",
        "mintza": "1",
        "languages": [load("eus_Latn")],
        "license": "CC-BY-4.0",
        "read_as": {},
        "contact": "",
        "source": given.source,
        "troubles": 0,
    }
    write_votes(folder, given, values)
    return (folder / "votes.jsonl").read_text(encoding="utf-8").splitlines(), (folder / "README.md").read_text("utf-8")


def test_what_staff_let_in_against_a_check_is_said_in_the_file_and_on_the_card(tmp_path: Path) -> None:
    given = arena(["side"])
    lines, card = released(tmp_path / "votes", given)
    found = [json.loads(line) for line in lines]
    assert [row.get("overruled") for row in found if "criterion" in row] == [["side"]] * 2 + [None] * 4
    assert "Votes on 1 battles (by 1 of these people) count since the arena's staff looked at them" in card
    assert read_votes(tmp_path / "votes" / "votes.jsonl", language="eus_Latn").overruled == given.overruled


def test_where_nothing_was_overruled_file_and_card_are_silent(tmp_path: Path) -> None:
    lines, card = released(tmp_path / "votes", arena([]))
    assert not [line for line in lines if "overruled" in line]
    assert "had left them out" not in card
