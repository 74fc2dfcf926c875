"""The ranking as it is shown: made beside the requests by the same numbers as the report, kept over a restart, for whom it is for."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from arena.model_endpoint import ModelEndpoints
from arena.organisers import brought, organiser, ranked, rows, written
from arena.served import Served, Visitor, settings_of
from mintza.arena.ranking.board import decoded, encoded
from mintza.arena.ranking.meetings import SHADES
from mintza.arena.settings import ArenaSettings
from mintza.stats import bradley_terry

MODELS = ["latxa", "llama", "gpt"]


def settings_with(endpoints: ModelEndpoints, **more: object) -> ArenaSettings:
    return settings_of(endpoints, {"latxa": "good", "llama": "other"}, **more)


@pytest.fixture
def arena(endpoints: ModelEndpoints, tmp_path: Path) -> Iterator[Served]:
    """An arena that nobody has voted in, with an address in no language of its pages but English."""
    served = Served(settings_with(endpoints), tmp_path)
    yield served
    served.close()


def test_no_page_makes_the_ranking_and_a_restart_keeps_it(arena: Served, endpoints: ModelEndpoints) -> None:
    brought(arena, rows(MODELS, 12, 6))
    visitor = Visitor(arena)
    assert "There are no votes to rank by yet." in visitor.get("/leaderboard").text
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    page = visitor.get("/leaderboard").text
    for standing in board.columns["overall"]:
        assert f">{standing.model}</th>" in page
        assert standing.score is not None
        assert f">{round(standing.score)}</td>" in page
    brought(arena, rows(MODELS, 12, 7, seed=2))
    again = visitor.get("/leaderboard").text
    assert f"<dd>{board.counted}</dd>" in again, "a page shows what was made, and makes nothing"
    arena.close()
    second = Served(settings_with(endpoints), arena.folder)
    assert second.arena.keeper.board == board
    second.close()


def test_a_board_that_an_earlier_version_kept_is_read(arena: Served) -> None:
    brought(arena, rows(MODELS, 6, 4))
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    told = json.loads(encoded(board))
    del told["overruled"]
    assert decoded(json.dumps(told)) == board


def test_scores_are_those_of_the_room_of_numbers_and_shares_those_of_counting(arena: Served) -> None:
    given = rows(MODELS, 10, 8)
    brought(arena, given)
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    for criterion, column in (("content", "winner_content"), ("language", "winner_language"), ("overall", "winner")):
        wins, won, fought = np.zeros((3, 3)), dict.fromkeys(MODELS, 0.0), dict.fromkeys(MODELS, 0)
        for row in given:
            a, b = (MODELS.index(row[name]) for name in ("model_a", "model_b"))
            points = {"model_a": 1.0, "tie": 0.5, "model_b": 0.0}[row[column]]
            wins[a, b] += points
            wins[b, a] += 1 - points
            for name, got in ((row["model_a"], points), (row["model_b"], 1 - points)):
                won[name] += got
                fought[name] += 1
        expected = dict(zip(MODELS, bradley_terry(wins).scores, strict=True))
        for standing in board.columns[criterion]:
            assert standing.score == pytest.approx(expected[standing.model], abs=1e-6)
            assert standing.share == pytest.approx(won[standing.model] / fought[standing.model])
            assert standing.battles == fought[standing.model]
            assert standing.low is not None
            assert standing.high is not None
            assert standing.low < expected[standing.model] < standing.high
    assert board.columns["overall"][0].model == "latxa"
    assert sum(board.levels.values()) == sum(board.education.values()) == board.voters == 10


def test_every_pair_is_told_with_its_interval_and_its_battles_from_both_sides(arena: Served) -> None:
    given = rows(MODELS, 10, 8)
    brought(arena, given)
    ranked(arena)
    table = arena.arena.keeper.meetings
    board = arena.arena.keeper.board
    assert board is not None
    order = [row.model for row in table]
    assert order == [standing.model for standing in board.columns["overall"]]
    for i, row in enumerate(table):
        assert row.against[i] is None
        for j, met in enumerate(row.against):
            if met is None:
                continue
            mine = [g for g in given if {g["model_a"], g["model_b"]} == {order[i], order[j]}]
            worth = {"tie": 0.5, "model_a": 1.0, "model_b": 0.0}
            won = sum(abs(worth[g["winner"]] - (g["model_b"] == order[i])) for g in mine)
            assert met.battles == len(mine)
            assert met.share == pytest.approx(won / len(mine))
            other = table[j].against[i]
            assert other is not None
            assert (met.share, met.low, met.high) == pytest.approx((1 - other.share, 1 - other.high, 1 - other.low))
            assert met.shade + other.shade == SHADES - 1
    assert sum(met.battles for row in table for met in row.against if met) == 2 * len(given)
    page = Visitor(arena).get("/leaderboard").text
    first = table[0].against[1]
    assert first is not None
    cell = f'<td class="w{first.shade}"><b>{round(first.share * 100)} %</b> <small>'
    assert (
        cell + f"{round(first.low * 100)}–{round(first.high * 100)}</small> <small>{first.battles}</small></td>" in page
    )


def test_the_page_of_as_many_models_as_the_reference_had_is_under_100_kilobytes(
    endpoints: ModelEndpoints, tmp_path: Path
) -> None:
    models = [f"latxa-llama-3.1-8b-variant-{number:02d}" for number in range(21)]
    served = Served(settings_of(endpoints, dict.fromkeys(models, "good")), tmp_path)
    brought(served, rows(models, 60, 20))
    ranked(served)
    visitor = Visitor(served)
    page = visitor.get("/leaderboard")
    assert page.text.count("<td class=") > 3 * 21 * 2 + 21 * 20 // 2
    parts = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text))
    assert len(page.content) + sum(len(visitor.get(part).content) for part in parts) <= 100_000
    # They are all asked alike, which is told once.
    assert page.text.count("max_tokens 2048") == 1
    served.close()


def test_models_that_never_met_are_told_apart_by_no_pair(arena: Served) -> None:
    found = [row for row in rows(["x", "y", "z"], 12, 6) if {row["model_a"], row["model_b"]} != {"x", "z"}]
    brought(arena, found)
    ranked(arena)
    table = {
        row.model: dict(zip((r.model for r in arena.arena.keeper.meetings), row.against, strict=True))
        for row in arena.arena.keeper.meetings
    }
    assert table["x"]["z"] is None is table["z"]["x"]
    assert table["x"]["y"] is not None
    assert '<td class="none">–</td>' in Visitor(arena).get("/leaderboard").text


def test_what_is_left_out_is_counted_by_its_reason_and_shown(arena: Served) -> None:
    given = rows(MODELS, 8, 5)
    brought(arena, given)
    hide = "UPDATE battles SET hidden_at = 'x' WHERE voter = 'user003'"
    written(arena, lambda connection: connection.run(hide))
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    assert (board.votes, board.counted, board.excluded) == (40, 35, {"hidden": 5})
    assert len(arena.rows("SELECT * FROM exclusions WHERE step = 'hidden' AND reason <> ''")) == 5
    assert "taken out by staff" in Visitor(arena).get("/leaderboard").text
    written(arena, lambda connection: connection.run("UPDATE battles SET hidden_at = NULL"))
    ranked(arena)
    assert not arena.rows("SELECT * FROM exclusions")
    assert not arena.do(arena.arena.keeper.refresh()), "nothing has changed"
    for voter, at in (("user003", "2026-11-01"), ("user004", "2026-11-02")):
        only = f"UPDATE battles SET hidden_at = CASE WHEN voter = '{voter}' THEN '{at}' END"
        written(arena, lambda connection, only=only: connection.run(only))  # type: ignore[misc]
        assert arena.do(arena.arena.keeper.refresh()), "as many are hidden as before, and others"
        assert not arena.do(arena.arena.keeper.refresh())


def test_a_ranking_that_is_not_public_is_shown_to_staff_alone(endpoints: ModelEndpoints, tmp_path: Path) -> None:
    served = Served(settings_with(endpoints, leaderboard={"public": False}), tmp_path)
    brought(served, rows(MODELS, 4, 4))
    ranked(served)
    visitor = Visitor(served).guest()
    assert visitor.get("/leaderboard").status_code == 403
    assert "/leaderboard" not in visitor.get("/").text
    assert "gpt" in organiser(served).get("/leaderboard").text
    served.close()


def test_a_board_of_another_version_is_left_alone_and_made_anew(arena: Served, endpoints: ModelEndpoints) -> None:
    brought(arena, rows(MODELS, 4, 4))
    ranked(arena)
    board = arena.arena.keeper.board
    assert board is not None
    assert decoded(encoded(board)) == board
    assert decoded(encoded(replace(board, pairs=[], unsure=[]))) != board
    written(arena, lambda connection: connection.run("UPDATE boards SET body = '{\"made_at\": 7}'"))
    arena.close()
    second = Served(settings_with(endpoints), arena.folder)
    assert second.arena.keeper.board is None
    ranked(second)
    assert second.arena.keeper.board is not None
    second.close()
