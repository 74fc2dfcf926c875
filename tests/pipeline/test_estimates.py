"""What a training will take is told by one that was."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mintza.exams import stage as exams
from mintza.pipeline.estimates import NOTHING, SECONDS_AN_ITEM, SEEN, TABLE, estimates
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


def test_examining_is_foretold_by_the_questions_that_there_are(tmp_path: Path) -> None:
    few = make_plan(load(write_study(tmp_path / "few", exams={"take": {"mintza_general": {"items": 4}}})))
    every = make_plan(load(write_study(tmp_path / "every", exams={"take": {"mintza_general": {}}})))
    store = Store(tmp_path / "store")
    short, long = (estimates(plan, states(plan, store), store)["answer/tiny"].seconds for plan in (few, every))
    codes = [language.code for language in every.study.languages]
    questions = exams.counts(every.study.settings.exams, base=tmp_path, languages=codes)["mintza_general"]
    assert questions == 2 * 52
    scale = (long - short) / (SECONDS_AN_ITEM * (questions - 2 * 4))
    assert 0 < scale < 1  # the tiny model's share of the table's


def test_an_exam_whose_size_nobody_knows_is_counted_as_large(tmp_path: Path) -> None:
    plan = make_plan(load(write_study(tmp_path, exams={"take": {"eus_trivia": {}}})))
    store = Store(tmp_path / "store")
    assert exams.counts(plan.study.settings.exams, base=tmp_path, languages=["eus_Latn"]) == {"eus_trivia": None}
    assert estimates(plan, states(plan, store), store)["answer/tiny"].seconds > 0
