from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from fakes import Quiet
from mintza.errors import MintzaError
from mintza.models.accounts import account
from mintza.models.batch import Taken
from mintza.pipeline import batches
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import run
from mintza.records import Conversation
from mintza.store import Store
from mintza.study import load
from tiny import SETTINGS, write_study

ENDS = {"id": "x", "error": None}


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A tiny study whose sampler is behind a server that nobody started."""
    pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    execution = {"url": "http://127.0.0.1:9/v1", "patience_s": 0.0, "tries": 2}
    served = {"provider": "server", "model": "m", "backbone": "tiny", "execution": execution}
    models = {**SETTINGS["models"], "served": served}
    return write_study(tmp_path / "study", models=models, instruct={"sample": {"model": "served", "conversations": 6}})


def answered(line: dict[str, Any]) -> dict[str, Any]:
    """What a batch queue gives back: a question where the prompt ends in the user's turn, else an answer."""
    prompt = line["body"]["prompt"]
    turn = prompt.rstrip().endswith("user")
    said = f"How tall is hill number {line['body']['seed']}?" if turn else "It is as tall as ten houses, or more."
    choice = {"text": said, "finish_reason": "stop"}
    body = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}
    return {**ENDS, "custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}}


def lines_of(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def write(path: Path, lines: list[Any]) -> Path:
    path.write_text("".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines))
    return path


def test_a_stage_of_two_rounds_runs_through_files_whatever_becomes_of_them(study: Path, tmp_path: Path) -> None:
    """Failures, other orders, duplicates, foreign and torn lines, both files and their rest."""
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    first = batches.export(plan, store, tmp_path / "1.jsonl", "sample")
    assert list(first.nodes.values()) == [6]
    asked = lines_of(tmp_path / "1.jsonl")
    assert {(line["method"], line["url"]) for line in asked} == {("POST", "/v1/completions")}
    given = [answered(line) for line in asked]
    failed = {**given[0], "response": {"status_code": 500, "body": {"error": {"message": "oops"}}}}
    broken = {**given[1], "response": None, "error": {"code": "expired", "message": "too late"}}
    mixed = [*given[2:], given[3], failed, broken, {"custom_id": "0" * 64, "response": {}}, '{"custom_id": "to']
    random.Random(1).shuffle(mixed)
    taken = batches.import_(plan, store, (write(tmp_path / "r1", mixed),))[tmp_path / "r1"]
    assert taken == Taken(answers=4, failures=2, duplicates=1, foreign=2, causes={"status 500": 1, "too late": 1})

    batches.export(plan, store, tmp_path / "2.jsonl", "sample")
    again = lines_of(tmp_path / "2.jsonl")
    assert {line["custom_id"] for line in again} == {asked[0]["custom_id"], asked[1]["custom_id"]}
    batches.import_(plan, store, (write(tmp_path / "r2", [answered(line) for line in again]),))

    third = batches.export(plan, store, tmp_path / "3.jsonl", "sample")
    assert list(third.nodes.values()) == [6]
    assert not any(line["body"]["prompt"].rstrip().endswith("user") for line in lines_of(tmp_path / "3.jsonl"))
    last = [answered(line) for line in lines_of(tmp_path / "3.jsonl")]
    batches.import_(plan, store, (write(tmp_path / "r3", last[::-1]),))

    assert list(batches.export(plan, store, tmp_path / "4.jsonl", "sample").nodes.values()) == [0]
    assert not (tmp_path / "4.jsonl").exists()
    done = run(plan, store, Quiet(), only="sample")
    (artifact,) = (one for node, one in done.items() if node.startswith("sample"))
    made = list(store.read(artifact, Conversation))
    assert len(made) == 6
    assert all(conversation.messages[1].content.startswith("It is as tall") for conversation in made)
    [total] = [account(folder) for folder in store.journal_folders()]
    assert (total.answers, total.failures.total(), total.exported, total.model) == (12, 2, 14, "served")


def test_a_file_that_is_there_is_not_written_over(study: Path, tmp_path: Path) -> None:
    plan = make_plan(load(study))
    (tmp_path / "1.jsonl").write_text("mine")
    with pytest.raises(MintzaError, match="cannot be written"):
        batches.export(plan, Store(plan.study.store), tmp_path / "1.jsonl", "sample")
    assert (tmp_path / "1.jsonl").read_text() == "mine"


def test_a_model_that_runs_here_is_not_asked_through_files(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    plan = make_plan(load(write_study(tmp_path / "study")))
    with pytest.raises(MintzaError, match="provider: server"):
        batches.export(plan, Store(plan.study.store), tmp_path / "1.jsonl", "sample")
