"""A tiny study from its file to its report, and what runs again when something of it is changed."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mintza.records import Answer, Checkpoint, ComponentCount, Conversation, Document, Finding, Measurement, Verdict
from mintza.store import Store

Cli = Callable[..., subprocess.CompletedProcess[str]]


def store_of(study: Path) -> Store:
    return Store(study.parent / "store")


@pytest.fixture
def copied(undisturbed: Path, tmp_path: Path) -> Path:
    """The finished study, to be changed."""
    shutil.copytree(undisturbed.parent, tmp_path / "study")
    return tmp_path / "study" / undisturbed.name


def change(study: Path, where: str, value: Any) -> None:
    plain = yaml.safe_load(study.read_text(encoding="utf-8"))
    inner = plain
    *path, last = where.split(".")
    for key in path:
        inner = inner.setdefault(key, {})
    inner[last] = value
    study.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")


def made(done: subprocess.CompletedProcess[str]) -> set[str]:
    """The nodes that a run made, by what it printed."""
    assert done.returncode == 0, done.stderr + done.stdout
    lines = [line.split("] ", 1)[1] for line in done.stdout.splitlines() if "] made " in line]
    return {line.removeprefix("made ").split(":")[0] for line in lines}


def test_every_stage_leaves_its_records(undisturbed: Path) -> None:
    store = store_of(undisturbed)
    by_stage = {artifact.stage: artifact for artifact in store.artifacts()}
    documents = list(store.read(by_stage["corpus"], Document))
    assert {d.split for d in documents} == {"train", "held-out"}
    assert len(list(store.read(by_stage["sample"], Conversation))) == 6
    assert list(store.read(by_stage["filter"], Conversation))
    assert list(store.read(by_stage["check"], Conversation)) == []
    assert list(store.read(by_stage["translate"], Verdict))
    assert all(count.tokens > 0 for count in store.read(by_stage["prepare"], ComponentCount))
    checkpoints = [c for a in store.artifacts() if a.stage == "train" for c in store.read(a, Checkpoint)]
    assert {c.variant for c in checkpoints} == {"tiny.corpus.s1", "tiny.corpus+sampled.s1"}
    models = {m.model for a in store.artifacts() if a.stage == "measure" for m in store.read(a, Measurement)}
    assert models == {"tiny", "tiny.corpus.s1", "tiny.corpus+sampled.s1"}
    assert list(store.read(by_stage["report"], Finding))
    answers = [a for x in store.artifacts() if x.stage == "answer" for a in store.read(x, Answer)]
    assert {a.exam for a in answers} >= {"mintza_general", "bits_per_byte.stories", "bits_per_byte.english"}


def test_training_lowers_the_loss_and_held_out_bits_per_byte(undisturbed: Path) -> None:
    store = store_of(undisturbed)
    measured = [m for a in store.artifacts() if a.stage == "measure" for m in store.read(a, Measurement)]
    bits = {m.model: m.value for m in measured if m.exam == "bits_per_byte.stories"}
    assert bits["tiny.corpus.s1"] < bits["tiny"]


def test_the_report_is_one_page_that_needs_no_network(undisturbed: Path) -> None:
    page = undisturbed.parent / "store" / "reports" / "tiny" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "A tiny study" in text
    assert "http://" not in text.replace("http://www.w3.org", "")
    assert (page.parent / "tables" / "measurements.csv").exists()


def test_a_second_run_does_nothing(copied: Path, cli: Cli) -> None:
    # The copy has another path and the same keys: nothing of where a study lies decides what it makes.
    done = cli("run", copied)
    assert made(done) == set()
    assert "nothing was left to do" in done.stdout


def test_a_changed_threshold_of_a_filter_asks_the_model_nothing(copied: Path, cli: Cli) -> None:
    asked = (copied.parent / "requests.log").read_text(encoding="utf-8")
    change(copied, "instruct.filter", {"filters": [{"kind": "length", "user_min": 40}]})
    rerun = made(cli("run", copied))
    assert "filter/sampled" in rerun
    assert "sample/sampled" not in rerun
    assert "train/tiny.corpus.s1" not in rerun
    later = (copied.parent / "requests.log").read_text(encoding="utf-8")
    # What the filter now lets through may be translated for the first time; nothing is asked twice.
    lines = later.splitlines()
    assert later.startswith(asked)
    assert len(lines) == len(set(lines))


def test_a_changed_corpus_reruns_what_descends_from_it_and_asks_nothing(copied: Path, cli: Cli) -> None:
    asked = (copied.parent / "requests.log").read_text(encoding="utf-8")
    change(copied, "corpus.held_out_share", 0.3)
    rerun = made(cli("run", copied))
    assert {"corpus", "train/tiny.corpus.s1", "answer/tiny", "report"} <= rerun
    assert not {"sample/sampled", "filter/sampled", "exams"} & rerun
    assert (copied.parent / "requests.log").read_text(encoding="utf-8") == asked


def test_a_changed_table_reruns_only_the_variants_of_that_table(copied: Path, cli: Cli) -> None:
    plain = yaml.safe_load(copied.read_text(encoding="utf-8"))
    plain["tables"]["main"]["mixtures"] = ["corpus"]
    plain["tables"]["other"] = {
        "backbones": ["tiny"],
        "mixtures": ["corpus+sampled"],
        "seeds": [1],
        "train": {**plain["train"], "peak_learning_rate": 2.0e-3},
    }
    copied.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    variant = "tiny.corpus+sampled.s1"
    assert made(cli("run", copied)) == {f"train/{variant}", f"answer/{variant}", f"measure/{variant}", "report"}


def test_how_it_runs_does_not_bear_on_what_is_made(copied: Path, cli: Cli) -> None:
    change(copied, "models.script.execution.delay_s", 0.5)
    change(copied, "train.execution.checkpoint_every", 1)
    assert made(cli("run", copied)) == set()


def test_a_trial_is_kept_apart_from_the_full_run(copied: Path, cli: Cli) -> None:
    assert "sample/sampled" in made(cli("run", copied, "--only", "sample", "--limit", "3"))
    assert made(cli("run", copied)) == set()


def test_only_runs_a_stage_and_what_it_is_made_from(copied: Path, cli: Cli) -> None:
    shutil.rmtree(copied.parent / "store")
    assert made(cli("run", copied, "--only", "filter")) == {"sample/sampled", "filter/sampled"}


def test_gc_removes_what_a_changed_study_no_longer_needs_and_asks_first(copied: Path, cli: Cli) -> None:
    # The copy's store still knows the study that it was copied from, and would keep what that one needs.
    (copied.parent / "store" / "studies.json").unlink()
    change(copied, "train.peak_learning_rate", 2.0e-3)
    before = {a.key for a in store_of(copied).artifacts()}
    refused = cli("gc", copied)
    assert refused.returncode != 0
    assert {a.key for a in store_of(copied).artifacts()} == before
    done = cli("gc", copied, "--yes")
    assert done.returncode == 0, done.stderr
    left = {a.stage for a in store_of(copied).artifacts()}
    assert "train" not in left
    assert {"corpus", "sample", "prepare"} <= left
    assert (copied.parent / "store" / "journals").exists()


def test_gc_keeps_what_another_study_of_the_store_needs(copied: Path, cli: Cli) -> None:
    change(copied, "train.peak_learning_rate", 2.0e-3)
    assert "everything in the store is needed" in cli("gc", copied, "--yes").stdout


def test_show_gives_lineage_counts_reasons_and_a_sample(undisturbed: Path, cli: Cli) -> None:
    listed = cli("show", undisturbed)
    assert "train/tiny.corpus.s1" in listed.stdout
    shown = cli("show", undisturbed, "train/tiny.corpus.s1").stdout
    assert "from prepare/" in shown
    assert "from corpus" in shown
    assert "Checkpoint" in shown
    assert "What is the highest mountain" in cli("show", undisturbed, "sample", "--sample", "1").stdout
    assert "dropped" in cli("show", undisturbed, "translate", "--dropped").stdout


def test_plan_says_what_is_done_and_what_would_run(undisturbed: Path, tmp_path: Path, cli: Cli) -> None:
    assert "would run" not in cli("plan", undisturbed).stdout.replace("0 would run", "")
    shutil.copytree(undisturbed.parent, tmp_path / "study", ignore=shutil.ignore_patterns("store"))
    planned = cli("plan", tmp_path / "study" / undisturbed.name)
    assert planned.returncode == 0
    assert "would run" in planned.stdout


def test_a_report_of_an_unfinished_study_says_what_is_missing(copied: Path, cli: Cli) -> None:
    change(copied, "tables.main.seeds", [1, 2])
    done = cli("report", copied)
    assert done.returncode == 0, done.stderr
    page = (copied.parent / "store" / "reports" / "tiny" / "index.html").read_text(encoding="utf-8")
    assert "unfinished study" in page


def test_one_talks_to_what_one_trained(undisturbed: Path) -> None:
    import sys

    done = subprocess.run(
        [sys.executable, "-m", "mintza.cli", "chat", str(undisturbed), "tiny.corpus.s1"],
        input="Kaixo, zer moduz?\n\n",
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "tiny.corpus.s1" in done.stdout
