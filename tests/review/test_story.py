"""A study is reviewed and run on: the decisions are in what is trained on, and a changed file makes nothing stale silently."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner, Result

from mintza.cli import main
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.reviewing import lay_out
from mintza.pipeline.run import states
from mintza.progress import silent
from mintza.records import Conversation, Decision, Objection, Verdict
from mintza.review.book import Book
from mintza.review.desk import Desk
from mintza.store import Store
from mintza.study import load
from review.studies import write_study


def mintza(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


def desk_of(study: Path, file: str, component: str = "translated", *, dropped: bool = False) -> tuple[Desk, Book]:
    """What `mintza review` lays out, without its page."""
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    laid = lay_out(plan, store, states(plan, store), component, at_most=100, dropped=dropped, progress=silent)
    book = Book(study.parent / file)
    return Desk(laid.candidates, book, component=component, overlap=0, seconds=time.monotonic), book


def decide(
    study: Path,
    name: str,
    decision: Decision,
    objection: Objection | None = None,
    *,
    turns: tuple[str, ...] = (),
    component: str = "translated",
) -> None:
    desk, book = desk_of(study, "r.jsonl", component, dropped=True)
    number = [one.conversation.id for one in desk.candidates].index(name)
    desk.decide(number, "Maddi", decision, objection=objection, turns=turns)
    book.close()


def made(study: Path, node: str) -> tuple[dict[str, Conversation], list[Verdict]]:
    plan: Plan = make_plan(load(study))
    store = Store(plan.study.store)
    artifact = states(plan, store)[node].artifact
    assert artifact is not None
    kept = {one.id: one for one in store.read(artifact, Conversation)}
    return kept, list(store.read(artifact, Verdict))


def changed(study: Path, **keys: Any) -> None:
    value = yaml.safe_load(study.read_text(encoding="utf-8"))
    study.write_text(yaml.safe_dump({**value, **keys}, sort_keys=False, allow_unicode=True), encoding="utf-8")


REVIEW: dict[str, Any] = {"file": "r.jsonl", "components": ["translated"]}


def test_reviews_become_part_of_the_study(tmp_path: Path) -> None:
    study = write_study(tmp_path, review=REVIEW)
    refused = mintza("run", study, "--only", "review")
    assert refused.exit_code == 1
    assert "there are no reviews yet" in refused.output
    assert mintza("run", study, "--only", "check").exit_code == 0
    decide(study, "translated/sampled-000000", "edited", turns=("Nola garbitu mahaia?", "Kontuz."))
    decide(study, "translated/sampled-000001", "rejected", "unnatural")
    decide(study, "translated/sampled-000003", "accepted")
    ran = mintza("run", study, "--only", "review")
    assert ran.exit_code == 0, ran.output
    kept, verdicts = made(study, "review/translated")
    assert len(kept) == 6
    assert kept["translated/sampled-000000"].messages[1].content == "Kontuz."
    assert [verdict.reason for verdict in verdicts] == ["rejected: nobody would say it so"]
    # A check had dropped it, for a number that the original lacks.
    assert "translated/sampled-000003" in kept
    assert "translated/sampled-000003" not in made(study, "check/translated")[0]
    again = mintza("run", study, "--only", "review")
    assert "nothing was left to do" in again.output


def test_a_new_decision_makes_the_review_anew_and_asks_no_model(tmp_path: Path) -> None:
    study = write_study(tmp_path, review=REVIEW)
    assert mintza("run", study, "--only", "check").exit_code == 0
    decide(study, "translated/sampled-000000", "accepted")
    assert mintza("run", study, "--only", "review").exit_code == 0
    asked = (tmp_path / "requests.log").read_text()
    decide(study, "translated/sampled-000000", "skipped")
    decide(study, "translated/sampled-000000", "accepted")
    assert "nothing was left to do" in mintza("run", study, "--only", "review").output
    decide(study, "translated/sampled-000002", "rejected", "meaning")
    assert "1 artifacts made" in mintza("run", study, "--only", "review").output
    changed(study, review={**REVIEW, "only_reviewed": True})
    assert "1 artifacts made" in mintza("run", study, "--only", "review").output
    assert list(made(study, "review/translated")[0]) == ["translated/sampled-000000"]
    assert (tmp_path / "requests.log").read_text() == asked


def test_a_study_that_translates_otherwise_forgets_the_decisions_on_what_changed(tmp_path: Path) -> None:
    study = write_study(tmp_path, review=REVIEW)
    assert mintza("run", study, "--only", "check").exit_code == 0
    for number in (0, 1):
        decide(study, f"translated/sampled-00000{number}", "rejected", "other")
    write_study(
        tmp_path,
        english={"How do I clean a wooden table after dinner?": "Nola garbitzen da egurrezko mahai bat?"},
        review=REVIEW,
    )
    assert mintza("run", study, "--only", "review").exit_code == 0
    kept, verdicts = made(study, "review/translated")
    assert "translated/sampled-000000" in kept
    assert [verdict.record_id for verdict in verdicts] == ["translated/sampled-000001"]
    desk, book = desk_of(study, "r.jsonl")
    book.close()
    assert desk.foreign == 1


def test_sampled_conversations_are_reviewed_before_they_are_translated(tmp_path: Path) -> None:
    study = write_study(tmp_path, review={"file": "r.jsonl", "components": ["sampled"]})
    assert mintza("run", study, "--only", "filter").exit_code == 0
    decide(study, "sampled-000002", "rejected", "unsafe", component="sampled")
    ran = mintza("run", study, "--only", "check")
    assert ran.exit_code == 0, ran.output
    assert len(made(study, "review/sampled")[0]) == 6
    assert "translated/sampled-000002" not in made(study, "translate/translated")[0]


def test_a_study_without_reviews_has_the_keys_that_it_had(tmp_path: Path) -> None:
    plan = make_plan(load(write_study(tmp_path)))
    assert not [node for node in plan.nodes.values() if node.stage.name == "review"]
    assert plan.component_nodes["translated"] == "check/translated"


def test_the_least_certain_translation_is_laid_out_first(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    assert mintza("run", study, "--only", "check").exit_code == 0
    desk, book = desk_of(study, "r.jsonl", dropped=True)
    book.close()
    first = desk.candidates[0]
    assert first.conversation.id == "translated/sampled-000003"
    assert first.flags[0].dropped
    assert first.original is not None
    uncertain = [one.uncertainty for one in desk.candidates]
    assert uncertain == sorted(uncertain, reverse=True)
    # Of those kept, the one whose question is more than twice as long as the original's.
    assert desk.candidates[1].conversation.id == "translated/sampled-000005"
    assert max(flag.doubt for flag in desk.candidates[1].flags) == pytest.approx(0.95, abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "is not made yet"),
        (("nothing",), "there is no sampled or translated component 'nothing'"),
        (("corpus",), "there is no sampled or translated component 'corpus'"),
    ],
)
def test_what_cannot_be_reviewed_is_said_with_a_remedy(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    ran = mintza("review", write_study(tmp_path), *arguments)
    assert ran.exit_code == 1
    assert said in ran.output
    assert "remedy:" in ran.output


def test_beyond_the_loopback_a_key_is_needed_and_a_short_one_is_none(tmp_path: Path) -> None:
    study = write_study(tmp_path)
    assert mintza("run", study, "--only", "check").exit_code == 0
    open_to_all = mintza("review", study, "--host", "0.0.0.0", "--port", "0")
    assert open_to_all.exit_code == 1
    assert "there is no key" in open_to_all.output
    (tmp_path / "key").write_text("short", encoding="utf-8")
    assert "12 characters" in mintza("review", study, "--key-file", tmp_path / "key").output


def test_a_review_of_a_component_that_is_none_is_refused_with_its_line(tmp_path: Path) -> None:
    study = write_study(tmp_path, review={"file": "r.jsonl", "components": ["corpus"]})
    ran = mintza("check", study)
    assert ran.exit_code == 1
    assert "sampled or translated component" in ran.output
