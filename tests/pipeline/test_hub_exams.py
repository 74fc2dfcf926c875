"""A study with exams of a hub: what is missing is said before anything runs, and what was brought is made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from exams import hub_data
from fakes import Quiet
from mintza.pipeline.check import check
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import run, states
from mintza.records import Item
from mintza.store import Store
from mintza.study import load
from tiny import write_study

pytest.importorskip("lm_eval")
pytest.importorskip("datasets")

TAKEN = {"eus_trivia": {"items": 4, "shots": 2}, "mmlu_eu": {"items": 3}}


def exams_of(study: Path) -> tuple[list[str], list[Item]]:
    """What a run of the exams made, and the items."""
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    listener = Quiet()
    run(plan, store, listener, only="exams")
    artifact = states(plan, store)["exams"].artifact
    assert artifact is not None
    return listener.made, list(store.read(artifact, Item))


def test_what_is_missing_is_said_by_check_and_what_was_brought_is_materialised_once(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study", exams={"take": TAKEN})
    before = [need for need in check(load(study)).needs if "data sets" in need.what]
    hub_data.every_dataset(study.parent / "hub", ["one"], [])
    after = [need for need in check(load(study)).needs if "data sets" in need.what]

    made, items = exams_of(study)
    again, _ = exams_of(study)

    assert len(before) == 1
    assert "HiTZ/EusTrivia (for eus_trivia); orai-nlp/MMLU_HT_eu_sample (for mmlu_eu)" in before[0].what
    assert before[0].remedy.count("hf download") == 2
    assert after == []
    assert (made, again) == (["exams"], [])
    assert len([item for item in items if not item.example]) == 7


def test_where_the_data_sets_lie_does_not_bear_on_the_items_and_what_they_hold_does(tmp_path: Path) -> None:
    study = write_study(tmp_path / "study", exams={"take": TAKEN})
    hub_data.every_dataset(study.parent / "hub", ["one"], [])
    exams_of(study)

    shutil.move(study.parent / "hub", study.parent / "elsewhere")
    text = study.read_text()
    study.write_text(text.replace("exams:\n", "exams:\n  execution: {hub: elsewhere}\n", 1))
    moved, _ = exams_of(study)
    file = study.parent / "elsewhere/HiTZ/EusTrivia/default/test.jsonl"
    file.write_text(file.read_text().replace("Zein da 1?", "Zein zen 1?"))
    changed, items = exams_of(study)

    assert moved == []
    assert changed == ["exams"]
    assert any("Zein zen 1?" in item.prompt for item in items)
