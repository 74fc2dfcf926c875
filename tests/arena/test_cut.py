"""Answers that were cut at their limit: marked, judged, and left out of the ranking or counted as the arena says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, says
from arena.served import Served, Visitor, settings_of, wait_until
from mintza.arena.battles import storing


def test_what_was_cut_is_marked_and_can_be_judged_outside_the_ranking_or_asked_again(
    endpoints: ModelEndpoints, tmp_path: Path
) -> None:
    served = Served(settings_of(endpoints, {"latxa": "good", "llama": "cut"}, battle=FAST), tmp_path)
    visitor = Visitor(served).guest()
    token = visitor.begin()
    over = visitor.answered(token)
    assert (over["state"], over["votable"], over["retry"], over["more"]) == ("cut", True, True, True)
    (row,) = served.rows("SELECT * FROM battles WHERE id = :b", b=token.split(".")[0])
    side = "a" if row["model_a"] == "llama" else "b"
    assert over["cut"] == [side]
    marks = re.findall(r'<p class="fine cut"( hidden)?>', visitor.get(f"/battle/{token}").text)[:2]
    assert [not hidden for hidden in marks] == [side == "a", side == "b"]
    assert visitor.api(f"/api/battles/{token}/retry", {}).status_code == 200
    assert visitor.answered(token)["votable"]
    assert visitor.vote(token).status_code == 200
    served.do(served.arena.keeper.refresh(always=True))
    board = served.arena.keeper.board
    assert board is not None
    assert (board.votes, board.counted, board.excluded) == (1, 0, {"cut": 1})
    assert "an answer was cut at its limit" in str(served.rows("SELECT reason FROM exclusions"))
    served.close()


@pytest.mark.parametrize(("choice", "counted"), [("leave_out", 0), ("count", 1)])
def test_whether_a_vote_on_what_was_cut_counts_is_the_arenas_to_say_and_is_said_beforehand(
    endpoints: ModelEndpoints, tmp_path: Path, choice: str, counted: int
) -> None:
    fair = {"controls": 0, "cut_answers": choice}
    served = Served(settings_of(endpoints, {"latxa": "good", "llama": "cut"}, battle=FAST, fair=fair), tmp_path)
    visitor = Visitor(served).guest()
    token = visitor.begin()
    assert visitor.answered(token)["votable"]
    assert ("outside the ranking" in visitor.get(f"/battle/{token}").text) is (choice == "leave_out")
    assert visitor.vote(token).status_code == 200
    served.do(served.arena.keeper.refresh(always=True))
    board = served.arena.keeper.board
    assert board is not None
    assert board.counted == counted
    served.close()


def test_after_a_stop_an_answer_that_had_ended_is_looked_at_and_keeps_its_state(
    endpoints: ModelEndpoints, tmp_path: Path
) -> None:
    """Both models are done, and their words still appear, when the arena is killed: the turn is whole, with all that is known of it."""
    endpoints.behaviours["vain, cut"] = says("Kaixo, ni Latxa naiz. " + "hitz " * 300, finish="length")
    endpoints.behaviours["long"] = says("hitz " * 300)
    slowly = {"flush_ms": 1000, "characters": 1}
    served = Served(settings_of(endpoints, {"latxa": "vain, cut", "llama": "long"}, battle=slowly), tmp_path)
    visitor = Visitor(served).guest()
    token = visitor.begin()
    ended = "SELECT model, state, names_model FROM answers WHERE battle_id = :b AND state <> 'running' ORDER BY model"
    found = wait_until(lambda: rows if len(rows := served.rows(ended, b=token.split(".")[0])) == 2 else [])
    assert [tuple(row.values()) for row in found] == [("latxa", "cut", 1), ("llama", "complete", 0)]
    assert visitor.vote(token).json()["error"] == "not_votable", "it still appears"
    assert '<p class="fine cut">' not in visitor.get(f"/battle/{token}").text, "who is done early is not told"
    served.do(served.arena.database.write(lambda connection: storing.recover(connection, served.arena.now())))
    assert [row["state"] for row in served.rows("SELECT state FROM turns")] == ["cut"]
    served.close()
