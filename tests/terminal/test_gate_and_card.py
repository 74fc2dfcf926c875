"""translate gate stops a run before it spends; top-up and the judge through the pipeline; instruct card."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mintza.cli import main
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys
from mintza.study import load
from tiny import SETTINGS

PAIRS = [
    ("The house is old and small.", "Etxea zaharra eta txikia da."),
    ("We eat bread every morning.", "Goizero ogia jaten dugu."),
    ("The river is very long here.", "Ibaia oso luzea da hemen."),
    ("My sister lives by the sea.", "Nire arreba itsasoaren ondoan bizi da."),
    ("Tomorrow it will rain a lot.", "Bihar euri asko egingo du."),
    ("The children play in the street.", "Haurrek kalean jolasten dute."),
]
JUDGED = '{"quality": "good", "difficulty": "easy", "category": "information"}'
TURNS = [
    *("Why is the sky so blue in the summer?", "How do I clean a wooden table?", "Hm", "Name three winter vegetables."),
    *("Which tools do I need for a bicycle?", "No", "Can you explain how bread rises?", "Where do the birds sleep?"),
]


def written(folder: Path, translate: dict[str, Any], instruct: dict[str, Any], *, right: bool = True) -> Path:
    """A study whose scripted model knows the pairs (or copies), samples TURNS, and finds all of them good."""
    folder.mkdir(exist_ok=True)
    rules: list[dict[str, Any]] = [{"asked": "complete", "cycle": TURNS}]
    for source, target in PAIRS:
        said = target if right else source
        reply = json.dumps({"messages": [{"role": "user", "content": said}]}, ensure_ascii=False)
        rules.append({"when": f'^\\{{"messages": .*{source}', "reply": reply})
    rules += [
        {"when": "You judge training data", "where": "all", "reply": JUDGED},
        {"when": '^\\{"messages"', "reply": '{"messages": []}'},
        {"asked": "chat", "reply": "That depends on the season and on what you have at home today."},
    ]
    (folder / "replies.yaml").write_text(yaml.safe_dump({"rules": rules}), encoding="utf-8")
    rows = ["source\ttarget", *("\t".join(pair) for pair in PAIRS)]
    (folder / "pairs.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    study = copy.deepcopy(SETTINGS)
    study["translate"] = {
        "translate": {"model": "script", "tries": 1},
        "pairs": {"kind": "file", "path": "pairs.tsv", "license": "CC0-1.0"},
        "gate": {"segments": 6},
        **translate,
    }
    study["instruct"] = {"sample": {"model": "script", "conversations": 4}, **instruct}
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump(study, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def cli(*words: object) -> Result:
    return CliRunner().invoke(main, [*map(str, words)])


def asked(study: Path) -> int:
    log = study.parent / "requests.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.is_file() else 0


def test_a_model_that_copies_stops_the_run_before_anything_else_is_asked(tmp_path: Path) -> None:
    study = written(tmp_path / "s", {}, {}, right=False)
    done = cli("run", study, "--only", "check/translated")
    assert done.exit_code == 1
    for words in ("did not pass the gate", "gains 0.0 chrF++", "100% of the segments failed", "remedy:"):
        assert words in done.output
    assert asked(study) == 6
    assert cli("translate", "gate", study).exit_code == 1
    assert asked(study) == 6


def test_another_threshold_asks_nothing_and_changes_no_key(tmp_path: Path) -> None:
    study = written(tmp_path / "s", {}, {}, right=False)
    before = keys(make_plan(load(study)))
    cli("translate", "gate", study)
    study = written(tmp_path / "s", {"gate": {"segments": 6, "min_gain": -1.0, "max_failed": 1.0}}, {}, right=False)
    assert keys(make_plan(load(study))) == before
    done = cli("translate", "gate", study)
    assert done.exit_code == 0, done.output
    assert "gate passed" in done.output
    assert asked(study) == 6
    assert cli("run", study, "--only", "translate/translated").exit_code == 0


def test_the_gate_prints_scores_failures_and_what_the_whole_run_takes(tmp_path: Path) -> None:
    study = written(tmp_path / "s", {}, {})
    done = cli("translate", "gate", study, "--sample", "6")
    assert done.exit_code == 0, done.output
    for words in ("chrF++", "100.0", "4 conversations", "as the study asks for", "no prices are given", "reference:"):
        assert words in done.output, done.output


def test_a_gate_without_pairs_is_refused_by_its_line(tmp_path: Path) -> None:
    study = written(tmp_path / "s", {"pairs": None}, {})
    done = cli("check", study)
    assert done.exit_code == 1
    assert "need `pairs`" in done.output


@pytest.fixture(scope="module")
def topped_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study that tops up behind a filter and a judge, run as far as its filtered conversations."""
    instruct = {
        "sample": {"model": "script", "conversations": 6, "top_up": True, "turn_under": "categories"},
        "judge": {"model": "script"},
        "filter": {"filters": [{"kind": "length"}, {"kind": "judged", "min_quality": "average"}]},
    }
    study = written(tmp_path_factory.mktemp("topped") / "s", {"gate": None}, instruct)
    done = cli("run", study, "--only", "filter/sampled")
    assert done.exit_code == 0, done.output
    assert "filter/sampled: 6 Conversation" in done.output
    return study


def test_topping_up_and_judging_run_through_the_pipeline_and_ask_nothing_twice(topped_up: Path) -> None:
    log = (topped_up.parent / "requests.log").read_text(encoding="utf-8").splitlines()
    assert len(log) == len(set(log))
    plain = yaml.safe_load(topped_up.read_text(encoding="utf-8"))
    plain["instruct"]["filter"]["filters"][1]["min_quality"] = "good"
    other = topped_up.with_name("other.yaml")
    other.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    done = cli("run", other, "--only", "filter/sampled")
    assert done.exit_code == 0, done.output
    assert (topped_up.parent / "requests.log").read_text(encoding="utf-8").splitlines() == log


def test_the_card_says_who_wrote_what_was_dropped_and_under_which_words(topped_up: Path, tmp_path: Path) -> None:
    done = cli("instruct", "card", topped_up, "sampled", "--out", tmp_path / "card.md")
    assert done.exit_code == 0, done.output
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    for words in (
        "conversations: 6,",
        "as the endpoint's terms say (6)",
        "sampled by script",
        "| filter/sampled | length | the user's turn is too short |",
        "| filter/sampled | | **left** | **6** |",
        "This is a conversation in English about mathematics",
        "You judge training data",
        "judge/sampled: revision 1",
    ):
        assert words in text, text


def test_a_card_of_what_is_not_made_says_what_makes_it(topped_up: Path) -> None:
    done = cli("instruct", "card", topped_up, "translated")
    assert done.exit_code == 1
    assert "--only check/translated" in done.output
    done = cli("instruct", "card", topped_up, "corpus")
    assert "known: sampled, translated" in done.output
