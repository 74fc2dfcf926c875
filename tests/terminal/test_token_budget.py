"""A budget of tokens: a backbone of the study counts them, or a tokenizer in a folder; the corpus's key follows the tokenizer."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from tokenizers import Tokenizer

from mintza.cli import main
from mintza.errors import StudyError
from mintza.pipeline.plan import make_plan
from mintza.records import Document, Verdict
from mintza.store import Store
from mintza.study import load
from tiny import SETTINGS, write_study

TOKENS = 1500


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study, every backbone of it there."""
    return write_study(tmp_path_factory.mktemp("budget"))


def with_budget(whole: Path, name: str, **budget: Any) -> Path:
    """The same study with a budget for its stories."""
    settings = copy.deepcopy(SETTINGS)
    settings["corpus"]["sources"][0]["budget"] = budget
    path = whole.with_name(f"{name}.yaml")
    path.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return path


def said(*words: object) -> str:
    return CliRunner().invoke(main, [str(word) for word in words]).output


@pytest.mark.parametrize("who", [{"backbone": "tiny"}, {"tokenizer": "backbone"}], ids=["backbone", "tokenizer"])
def test_what_stays_of_a_source_has_no_more_tokens_than_its_budget(
    whole: Path, tmp_path: Path, who: dict[str, str]
) -> None:
    study = with_budget(whole, f"run-{next(iter(who))}", tokens=TOKENS, **who)
    done = CliRunner().invoke(main, ["run", str(study), "--only", "corpus"])
    assert done.exit_code == 0, done.output
    store = Store(whole.parent / "store")
    key = next(one for one in store.artifacts() if one.stage == "corpus" and _is_of(one.settings, who))
    counter = Tokenizer.from_file(str(whole.parent / "backbone" / "tokenizer.json"))

    def tokens(text: str) -> int:
        return len(counter.encode(text, add_special_tokens=False).ids)

    stories = [tokens(one.text) for one in store.read(key, Document) if one.provenance.source == "stories"]
    gone = [one for one in store.read(key, Verdict) if one.step == "budget"]
    assert 0 < sum(stories) <= TOKENS
    assert gone
    assert {(one.reason, one.threshold) for one in gone} == {("beyond the source's budget of tokens", TOKENS)}
    assert all(sum(stories) + (one.value or 0) > TOKENS for one in gone)
    named = "the tokenizer of tiny" if "backbone" in who else "the tokenizer in backbone"
    assert f"at most {TOKENS:,} tokens by {named}" in said("check", study)
    said("corpus", "card", study, "--out", tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    counted = f"{TOKENS:,} tokens by {named}, of which {sum(stories):,} are in it; {len(gone)} documents were left out for it."
    assert f"- stories: at most {counted}" in card


def _is_of(settings: dict[str, Any], who: dict[str, str]) -> bool:
    budget = settings["corpus"]["sources"][0]["budget"]
    return bool(budget) and budget | who == budget


def test_another_tokenizer_makes_another_corpus_and_another_template_does_not(whole: Path) -> None:
    study = load(with_budget(whole, "keys", tokens=TOKENS, tokenizer="other"))
    other = whole.parent / "other"
    other.mkdir()
    file = whole.parent / "backbone" / "tokenizer.json"
    (other / "tokenizer.json").write_bytes(file.read_bytes())
    before = make_plan(study).nodes["corpus"].settings["tokenizers"]
    assert make_plan(study).nodes["corpus"].settings["tokenizers"] == before
    changed = json.loads(file.read_bytes())
    changed["model"]["vocab"] |= {"berria": len(changed["model"]["vocab"])}
    (other / "tokenizer.json").write_text(json.dumps(changed), encoding="utf-8")
    assert make_plan(study).nodes["corpus"].settings["tokenizers"] != before
    assert "tokenizers" not in make_plan(load(whole)).nodes["corpus"].settings


def test_a_tokenizer_that_is_not_there_is_missing_with_its_remedy(whole: Path) -> None:
    study = with_budget(whole, "missing", tokens=5, tokenizer="nowhere")
    told = said("check", study)
    assert "corpus source 'stories', budget: there is no" in told
    assert "or name a backbone of the study in its place" in told
    [need] = make_plan(load(study)).nodes["corpus"].needs
    assert need.what.endswith("nowhere/tokenizer.json")


def test_a_backbone_that_the_study_has_not_is_named_with_its_place(whole: Path) -> None:
    study = with_budget(whole, "unknown", tokens=5, backbone="tyni")
    with pytest.raises(StudyError, match="there is no backbone 'tyni'") as raised:
        load(study)
    assert "corpus.sources.0.budget.backbone" in raised.value.place
    assert "known: tiny" in raised.value.remedy
