"""Judge, translation and exam through batch files, round after round, until nothing waits: then a run asks nobody."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fakes import Quiet
from mintza.pipeline import batches
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import run
from mintza.records import Answer, Artifact, Conversation, Judgement
from mintza.store import Store
from mintza.study import load
from tiny import SETTINGS, write_study

Say = Callable[[dict[str, Any]], str]
MOST_ROUNDS = 6


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    """A tiny study that samples by a script; judge, translator and a model under examination are behind a server nobody started."""
    pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    execution = {"url": "http://127.0.0.1:9/v1", "patience_s": 0.0, "tries": 2}
    models = {**SETTINGS["models"], "served": {"provider": "server", "model": "m", "execution": execution}}
    path = write_study(
        tmp_path / "study",
        models=models,
        references=["served"],
        instruct={
            "sample": {"model": "script", "conversations": 6},
            "judge": {"model": "served"},
            "filter": {"filters": [{"kind": "length"}, {"kind": "judged", "min_quality": "good"}]},
        },
        translate={"translate": {"model": "served", "tries": 2}, "check": {"checks": [{"kind": "turns"}]}},
    )
    return make_plan(load(path))


def through_files(plan: Plan, store: Store, folder: Path, only: str, say: Say) -> list[int]:
    """Export, answer and import until nothing waits; how many requests each round had."""
    rounds: list[int] = []
    for number in range(MOST_ROUNDS):
        out = folder / f"{only.replace('/', '.')}.{number}.jsonl"
        exported = batches.export(plan, store, out, only)
        assert not exported.waiting
        if not out.exists():
            return rounds
        asked = [json.loads(line) for line in out.read_text().splitlines()]
        rounds.append(len(asked))
        lines = []
        for line in asked:
            assert line["url"] == "/v1/chat/completions"
            choice = {"message": {"role": "assistant", "content": say(line["body"])}, "finish_reason": "stop"}
            body = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}
            answer = {"id": "x", "custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}}
            lines.append(json.dumps(answer))
        results = out.with_suffix(".results")
        results.write_text("\n".join(lines[::-1]) + "\n")
        [taken] = batches.import_(plan, store, (results,)).values()
        assert taken.answers + taken.failures == len(asked)
    raise AssertionError(f"still asking after {MOST_ROUNDS} rounds: {rounds}")


def made(plan: Plan, store: Store, stage: str) -> Artifact:
    [artifact] = [one for one in run(plan, store, Quiet(), only=stage).values() if one.stage == stage.partition("/")[0]]
    return artifact


def test_judge_and_translation_run_through_files(plan: Plan, tmp_path: Path) -> None:
    store = Store(plan.study.store)
    run(plan, store, Quiet(), only="sample")

    def judges(body: dict[str, Any]) -> str:
        schema = body["response_format"]["json_schema"]["schema"]
        labels = {name: one["enum"][-1] for name, one in schema["properties"].items()}
        good = "bread" not in body["messages"][-1]["content"]
        return json.dumps({**labels, "quality": "excellent" if good else "poor"})

    assert through_files(plan, store, tmp_path, "judge", judges) == [6]
    assert len(list(store.read(made(plan, store, "judge"), Judgement))) == 6
    kept = list(store.read(made(plan, store, "filter"), Conversation))
    assert 0 < len(kept) < 6

    refused = kept[0].messages[0].content

    def translates(body: dict[str, Any]) -> str:
        asked = json.loads(body["messages"][-1]["content"])["messages"]
        if body["temperature"] == 0 and asked[0]["content"] == refused:
            return json.dumps({"messages": asked[:1]})
        said = [{"role": turn["role"], "content": f"{turn['content']} esan zuen."} for turn in asked]
        return json.dumps({"messages": said})

    # One conversation always loses a turn when it is asked greedily: the second such answer is taken as it is, and the
    # translator asks anew with more luck.
    assert through_files(plan, store, tmp_path, "translate", translates) == [len(kept), 1, 1]
    artifact = made(plan, store, "translate")
    done = list(store.read(artifact, Conversation))
    assert [one.parent_id for one in done] == [one.id for one in kept]
    assert all(turn.content.endswith("esan zuen.") for one in done for turn in one.messages)


def test_an_examination_runs_through_files(plan: Plan, tmp_path: Path) -> None:
    store = Store(plan.study.store)
    for stage in ("corpus", "exams"):
        run(plan, store, Quiet(), only=stage)
    rounds = through_files(plan, store, tmp_path, "answer/served", lambda body: "A")
    assert sum(rounds) >= 4
    answers = list(store.read(made(plan, store, "answer/served"), Answer))
    assert len(answers) >= 4
