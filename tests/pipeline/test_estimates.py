"""What a training will take is told by one that was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mintza.pipeline.estimates import NOTHING, SEEN, TABLE, estimates
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import State, states
from mintza.records import Artifact, Checkpoint, ModelRef
from mintza.store import Store
from mintza.study import load
from tiny import write_study

DONE, DUE = "train/tiny.corpus.s1", "train/tiny.corpus+sampled.s1"


class Trained(Store):
    """A store in which one training is complete: 5,000 tokens."""

    def read(self, artifact: Artifact, kind: Any) -> Iterator[Any]:
        model = ModelRef(name="m", provider="local", location="model", revision="r")
        yield Checkpoint(model=model, variant="m", steps=1, tokens_seen=5000, final_loss=1.0)


def complete(state: State, seconds: float) -> State:
    made = Artifact(
        key=state.key,
        stage="train",
        cell="tiny.corpus.s1",
        records={"Checkpoint": 1},
        content_sha256="0",
        files={},
        parents=(),
        settings={},
        revision=1,
        libraries={},
        execution={},
        verdicts=(),
        commit=None,
        finished_at="2026-01-01T00:00:00Z",
        seconds=seconds,
    )
    return replace(state, artifact=made)


def test_a_training_is_foretold_by_the_pace_of_one_of_the_same_backbone(tmp_path: Path) -> None:
    plan = make_plan(load(write_study(tmp_path)))
    store = Trained(tmp_path / "store")
    before = states(plan, store)
    by_table = estimates(plan, before, store)
    assert by_table[DUE].basis == TABLE
    by_sight = estimates(plan, {**before, DONE: complete(before[DONE], 50.0)}, store)
    assert by_sight[DONE] == NOTHING
    assert by_sight[DUE].basis == SEEN
    assert by_sight[DUE].tokens == by_table[DUE].tokens
    assert by_sight[DUE].seconds == pytest.approx(by_table[DUE].tokens / 100)
