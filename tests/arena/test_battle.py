"""Battles over HTTP: blind, whole, from the server's own record."""

from __future__ import annotations

import json
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from arena.conftest import FAST
from arena.model_endpoint import ModelEndpoints, Waits, says
from arena.served import Served, Visitor, settings_of, wait_until
from mintza.arena.battles.balancing import BalancedDrawing
from mintza.arena.battles.controls import behind, is_control


def test_no_payload_header_or_event_before_the_vote_names_a_model(served: Served) -> None:
    visitor = Visitor(served).guest()
    seen: list[str] = []
    visitor.http.event_hooks["response"].append(lambda reply: seen.append(str(reply.headers)))
    token = visitor.begin()
    seen += [json.dumps([name, data]) for name, data in visitor.events(token)]
    seen += [visitor.get(f"/battle/{token}").text, visitor.get("/battle").text, visitor.get("/me").text]
    seen += [visitor.get("/me/data").text, visitor.get("/openapi.json").text, visitor.get("/health").text, token]
    models = ("latxa", "llama", "model_a", "model_b", "system_prompt", "temperature")
    assert not [(name, text) for text in seen for name in models if name in text]
    told = visitor.vote(token).json()
    assert {told["models"]["a"], told["models"]["b"]} == {"latxa", "llama"}
    assert "latxa" in visitor.get("/me/data").text


def test_both_answers_come_on_one_stream_in_pieces_and_whole_at_the_end(troubled: dict[str, Served]) -> None:
    served = troubled["slow"]
    visitor = Visitor(served).guest()
    token = visitor.begin()
    *pieces, (last, over) = visitor.events(token)
    assert last == "over"
    assert over["state"] == "complete"
    assert over["votable"]
    shown = {side: "".join(data[side] for name, data in pieces if name == "piece") for side in "ab"}
    kept = {
        row["side"]: row for row in served.rows("SELECT * FROM answers WHERE battle_id = :b", b=token.split(".")[0])
    }
    assert shown == {side: kept[side]["text"] for side in "ab"}
    assert all(row["state"] == "complete" and row["first_ms"] is not None for row in kept.values())


def test_more_turns_go_to_the_same_pair_with_the_servers_own_history(served: Served, endpoints: ModelEndpoints) -> None:
    visitor = Visitor(served).guest()
    token = visitor.begin("Lehen galdera")
    first = visitor.answered(token)
    endpoints.asked.clear()
    forged = {"prompt": "Bigarren galdera", "number": 2, "messages": [{"role": "assistant", "content": "FORGED"}]}
    assert visitor.api(f"/api/battles/{token}/turns", forged).status_code == 201
    assert visitor.answered(token, 2)["turn"] == 2
    bodies = {body["model"]: [message["content"] for message in body["messages"]] for body in endpoints.asked}
    assert set(bodies) == {"good", "other"}
    assert all(said[1] == "Lehen galdera" and said[3] == "Bigarren galdera" for said in bodies.values())
    assert any(said[2].startswith("Kaixo! Hau erantzun") for said in bodies.values())
    assert "FORGED" not in json.dumps(endpoints.asked)
    assert first["a"] in visitor.get(f"/battle/{token}").text


def test_system_prompt_and_sampling_of_each_side_are_its_own(endpoints: ModelEndpoints, tmp_path_factory: Any) -> None:
    settings = settings_of(endpoints, {"one": "good", "two": "other"}, battle=FAST)
    models = {
        "one": settings.models["one"].model_copy(
            update={"temperature": 0.1, "max_tokens": 11, "system_prompt": "I: {date}"}
        ),
        "two": settings.models["two"].model_copy(update={"temperature": 0.9, "top_p": 0.5}),
    }
    served = Served(settings.model_copy(update={"models": models}), tmp_path_factory.mktemp("arena"), seed=3)
    visitor = Visitor(served).guest()
    for _ in range(4):
        endpoints.asked.clear()
        visitor.answered(token := visitor.begin())
        (row,) = served.rows("SELECT * FROM battles WHERE id = :b", b=token.split(".")[0])
        for side in "ab":
            kept, settings_ = json.loads(row[f"asked_{side}"]), models[row[f"model_{side}"]]
            sent = next(body for body in endpoints.asked if body["model"] == settings_.model)
            assert sent["messages"][0]["content"] == kept["system_prompt"]
            assert sent["temperature"] == kept["temperature"] == settings_.temperature
            assert sent["top_p"] == kept["top_p"] == settings_.top_p
            assert sent["max_tokens"] == kept["max_tokens"] == settings_.max_tokens
            assert "2" in kept["system_prompt"]
            assert "{date}" not in kept["system_prompt"]
        assert visitor.vote(token).status_code == 200
    served.close()


@pytest.fixture(scope="module")
def troubled(endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Served]]:
    """Arenas of one good model and a bad one, without others to stand in."""
    # So few characters at a tick that there are many pieces, however late the ticks come.
    arenas = {
        bad: Served(
            settings_of(endpoints, {"latxa": "good", "llama": bad}, battle={**FAST, "characters": 12}),
            tmp_path_factory.mktemp(bad),
        )
        for bad in ("refuses", "empty", "cut", "unfinished", "slow")
    }
    yield arenas
    for arena in arenas.values():
        arena.close()


@pytest.mark.parametrize(
    ("bad", "state", "why"),
    [
        ("refuses", "failed", "http_500"),
        ("empty", "empty", "empty"),
        ("unfinished", "failed", "unfinished"),
    ],
)
def test_what_failed_or_is_empty_cannot_be_voted_on(
    troubled: dict[str, Served], bad: str, state: str, why: str
) -> None:
    served = troubled[bad]
    visitor = Visitor(served).guest()
    token = visitor.begin()
    over = visitor.answered(token)
    assert (over["state"], over["votable"], over["retry"]) == (state, False, True)
    refused = visitor.vote(token)
    assert (refused.status_code, refused.json()["error"]) == (409, "not_votable")
    rows = served.rows("SELECT * FROM answers WHERE battle_id = :b AND model = 'llama'", b=token.split(".")[0])
    assert [row["why"] for row in rows] == [why]
    assert not served.rows("SELECT * FROM votes")
    more = visitor.api(f"/api/battles/{token}/turns", {"prompt": "Eta orain?", "number": 2})
    assert more.json()["error"] == "turn_not_complete"


@pytest.fixture
def waiting(endpoints: ModelEndpoints, tmp_path: Path) -> Iterator[tuple[Served, Waits]]:
    """An arena of two models that say some words and wait to be let go on."""
    endpoints.behaviours["waits"] = waits = Waits("hitz hitz hitz", "amaiera")
    arena = Served(settings_of(endpoints, {"latxa": "waits", "llama": "waits"}, battle=FAST), tmp_path)
    yield arena, waits
    arena.close()


def test_no_vote_while_answers_are_written_and_none_on_what_was_stopped(waiting: tuple[Served, Waits]) -> None:
    served, _ = waiting
    visitor = Visitor(served).guest()
    token = visitor.begin()
    events = visitor.events(token)
    assert next(events)[0] == "piece"
    assert visitor.vote(token).json()["error"] == "not_votable"
    assert visitor.api(f"/api/battles/{token}/stop", {}).status_code == 200
    *_, (_, over) = events
    assert (over["state"], over["votable"]) == ("stopped", False)
    assert visitor.vote(token).json()["error"] == "not_votable"
    kept = served.rows("SELECT text FROM answers WHERE battle_id = :b", b=token.split(".")[0])
    assert all("hitz" in row["text"] and "amaiera" not in row["text"] for row in kept)


def test_a_turn_that_failed_can_be_asked_again_so_many_times(troubled: dict[str, Served]) -> None:
    visitor = Visitor(troubled["refuses"]).guest()
    token = visitor.begin()
    visitor.answered(token)
    for _ in range(2):
        assert visitor.api(f"/api/battles/{token}/retry", {}).status_code == 200
        visitor.answered(token)
    assert visitor.api(f"/api/battles/{token}/retry", {}).json()["error"] == "cannot_retry"


@pytest.mark.parametrize("bad", ["refuses", "hangs", "empty", "unfinished"])
def test_a_model_that_fails_on_the_first_turn_is_swapped_and_recorded(
    endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory, bad: str
) -> None:
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other", "bad": bad}, battle=FAST)
    served = Served(settings, tmp_path_factory.mktemp("arena"))
    visitor = Visitor(served).guest()
    for _ in range(12):
        token = visitor.begin()
        over = visitor.answered(token)
        assert over["state"] == "complete"
        battle = token.split(".")[0]
        (row,) = served.rows("SELECT * FROM battles WHERE id = :b", b=battle)
        assert {row["model_a"], row["model_b"]} == {"latxa", "llama"}
        assert {r["model"] for r in served.rows("SELECT * FROM answers WHERE battle_id = :b", b=battle)} == {
            "latxa",
            "llama",
        }
        told = visitor.vote(token).json()
        assert (told["models"]["a"], told["models"]["b"]) == (row["model_a"], row["model_b"])
        if swaps := served.rows("SELECT * FROM swaps WHERE battle_id = :b", b=battle):
            assert swaps[0]["model_from"] == "bad"
            break
    else:
        pytest.fail("the bad model was never drawn")
    served.close()


def test_a_stream_that_broke_goes_on_where_it_was(troubled: dict[str, Served]) -> None:
    visitor = Visitor(troubled["slow"]).guest()
    token = visitor.begin()
    lines = []
    address = f"/api/battles/{token}/turns/1/events"
    with visitor.http.stream("GET", address) as reply:
        for line in reply.iter_lines():
            lines.append(line)
            if line == "id: 3":
                break
    with visitor.http.stream("GET", address, headers={"last-event-id": "2"}) as reply:
        again = [line for line in reply.iter_lines() if line.startswith("id: ")]
    assert again[0] == "id: 3"
    assert again == [f"id: {number}" for number in range(3, len(again) + 3)]


def test_an_answer_is_kept_though_nobody_waits_for_it(troubled: dict[str, Served]) -> None:
    visitor = Visitor(troubled["slow"]).guest()
    battle = visitor.begin().split(".")[0]
    visitor.http.close()
    states = "SELECT state FROM turns WHERE battle_id = :b AND state = 'complete'"
    assert wait_until(lambda: troubled["slow"].rows(states, b=battle))


def test_answers_are_saved_while_they_stream(waiting: tuple[Served, Waits]) -> None:
    served, waits = waiting
    visitor = Visitor(served).guest()
    token = visitor.begin()
    battle = token.split(".")[0]
    some = "SELECT state FROM answers WHERE battle_id = :b AND text LIKE 'hitz hitz%'"
    wait_until(lambda: [row["state"] for row in served.rows(some, b=battle)] == ["running", "running"])
    waits.go.set()
    assert visitor.answered(token)["votable"]
    kept = served.rows("SELECT text, state FROM answers WHERE battle_id = :b", b=battle)
    assert [(row["text"], row["state"]) for row in kept] == [("hitz hitz hitz amaiera", "complete")] * 2


def test_pairs_and_sides_are_drawn_alike_and_what_is_planted_is_marked() -> None:
    drawing, luck = BalancedDrawing(uniform=0.2, controls=0.1), random.Random(7)
    models = ["one", "two", "three"]
    drawn = [drawing.pair(models, luck) for _ in range(3000)]
    for pair in drawn:
        assert {behind(pair.a), behind(pair.b)} <= set(models)
        assert (is_control(pair.a) + is_control(pair.b) == 1) == (pair.drawn_by == "control")
        assert pair.a != pair.b
    sides = Counter(pair[:2] for pair in drawn if pair.drawn_by != "control")
    assert len(sides) == 6
    assert max(sides.values()) < 1.2 * min(sides.values())
    by = Counter(pair.drawn_by for pair in drawn)
    assert (round(by["control"] / 300), round(by["uniform"] / 540)) == (1, 1)
    # 9 planted pairs by 2 sides, each a share of 1 in 18 of about 300.
    planted = Counter(pair[:2] for pair in drawn if pair.drawn_by == "control")
    assert len(planted) == 18


def test_a_battle_is_of_two_models_of_the_arena_whatever_is_drawn(served: Served) -> None:
    visitor = Visitor(served).guest()
    for _ in range(6):
        token = visitor.begin()
        visitor.answered(token)
        visitor.vote(token)
    rows = served.rows("SELECT model_a, model_b FROM battles")
    assert len(rows) >= 6
    assert all({row["model_a"], row["model_b"]} == {"latxa", "llama"} for row in rows)


def test_a_battle_asked_for_twice_is_begun_once(served: Served, endpoints: ModelEndpoints) -> None:
    visitor = Visitor(served).guest()
    endpoints.asked.clear()
    tokens = {visitor.begin("Behin bakarrik", key="the same key") for _ in range(3)}
    assert len(tokens) == 1
    visitor.answered(tokens.pop())
    assert len(endpoints.asked) == 2


@pytest.mark.parametrize(
    ("prompt", "error"),
    [
        ("", "prompt_empty"),
        (" \n\t ", "prompt_empty"),
        ("\u200b\u200b", "prompt_empty"),
        ("x" * 4001, "prompt_long"),
        (7, "bad_form"),
    ],
)
def test_a_prompt_that_is_none_is_refused_before_any_model_is_asked(
    served: Served, endpoints: ModelEndpoints, prompt: object, error: str
) -> None:
    visitor = Visitor(served).guest()
    endpoints.asked.clear()
    reply = visitor.api("/api/battles", {"prompt": prompt, "key": "12345678"})
    assert (reply.status_code, reply.json()["error"]) == (422, error)
    assert not endpoints.asked


def test_turns_are_limited_by_session_and_by_address(
    endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> None:
    limits = {"turns_session": 2, "turns_address": 3}
    settings = settings_of(endpoints, {"latxa": "good", "llama": "other"}, battle=FAST, limits=limits)
    served = Served(settings, tmp_path_factory.mktemp("arena"))
    one, other = Visitor(served).guest(), Visitor(served, **{"x-forwarded-for": "203.0.113.7"}).guest()

    def ask(visitor: Visitor) -> int:
        reply = visitor.api("/api/battles", {"prompt": "Kaixo", "key": f"key {time.monotonic_ns()}"})
        if reply.status_code == 201:
            visitor.answered(reply.json()["battle"])
        else:
            assert reply.json()["error"] == "too_many"
            assert int(reply.headers["retry-after"]) > 0
        return reply.status_code

    assert [ask(one), ask(one), ask(one)] == [201, 201, 429]
    # The second is another session; that it says to come from elsewhere is not believed.
    assert [ask(other), ask(other)] == [201, 429]
    served.close()


def test_many_battles_at_once_each_get_their_own_answers(served: Served) -> None:
    failed: list[str] = []

    def visit() -> None:
        visitor = Visitor(served).guest()
        token = visitor.begin()
        if not visitor.answered(token)["votable"] or visitor.vote(token).status_code != 200:
            failed.append(token)

    threads = [threading.Thread(target=visit) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failed


def test_a_model_that_names_itself_is_flagged(
    endpoints: ModelEndpoints, tmp_path_factory: pytest.TempPathFactory
) -> None:
    endpoints.behaviours["vain"] = says("Kaixo, ni Latxa naiz.")
    served = Served(
        settings_of(endpoints, {"latxa": "vain", "llama": "good"}, battle=FAST), tmp_path_factory.mktemp("arena")
    )
    visitor = Visitor(served).guest()
    visitor.answered(visitor.begin())
    flags = {row["model"]: row["names_model"] for row in served.rows("SELECT model, names_model FROM answers")}
    assert flags == {"latxa": 1, "llama": 0}
    served.close()
