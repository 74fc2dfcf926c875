"""corpus card and show corpus: true numbers, from the store."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from click.testing import CliRunner

from mintza.cli import main
from mintza.pipeline.card import card_facts
from mintza.pipeline.plan import make_plan
from mintza.records import Document, Item
from mintza.report import dataset_card
from mintza.report.figures.falling import by_step
from mintza.report.waterfalls import Bar
from mintza.store import Store
from mintza.study import load
from tiny import SETTINGS, write_study

RUNNER = CliRunner()


def said(*words: object) -> str:
    done = RUNNER.invoke(main, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study whose corpus is made; one of its texts holds an item of the exam, another is taken down."""
    folder = tmp_path_factory.mktemp("card")
    own = {
        "kind": "folder",
        "name": "own",
        "path": "own",
        "language": "eus_Latn",
        "license": "CC-BY-4.0",
        "url": "https://x.eus",
    }
    stories, english = SETTINGS["corpus"]["sources"]
    corpus = {
        "sources": [stories, own, {**english, "limit": 2}],
        "decontaminate_against": ["mintza_general"],
        "filters": {"language": None, "length": {"min_words": 3}},
    }
    path = write_study(folder, corpus=corpus)
    (folder / "own").mkdir()
    texts = sorted((Path(__file__).parents[2] / "src" / "mintza_demo" / "texts" / "eus_Latn").glob("*/*.txt"))
    for number, text in enumerate(texts[-4:]):
        (folder / "own" / f"{number}.txt").write_text(text.read_text(encoding="utf-8"), encoding="utf-8")
    (folder / "own" / "mail.txt").write_text("Idatzi *ane@ehu.eus* helbidera | <b> mesedez.", encoding="utf-8")
    said("run", path, "--only", "exams")
    store = Store(folder / "store")
    kept_out = next(one for one in store.artifacts() if one.stage == "exams")
    item = next(item for item in store.read(kept_out, Item) if item.language == "eus_Latn")
    (folder / "own" / "leak.txt").write_text(
        f"Galdera bat:\n\n{item.question}\n\nEta kitto da hemen.", encoding="utf-8"
    )
    said("corpus", "forget", path, "own/0.txt", "--reason", "asked")
    said("run", path, "--only", "corpus")
    return path


def test_the_card_says_what_is_in_the_store(study: Path, tmp_path: Path) -> None:
    told = said("corpus", "card", study, "--out", tmp_path)
    card = (tmp_path / "README.md").read_text(encoding="utf-8")
    store = Store(study.parent / "store")
    corpus = next(one for one in store.artifacts() if one.stage == "corpus")
    mine = [one for one in store.read(corpus, Document) if one.provenance.source == "own"]
    words = [sum(len(one.text.split()) for one in mine if one.split == split) for split in ("train", "held-out")]
    row = next(line for line in card.splitlines() if line.startswith("| [own](https://x.eus)"))
    assert f"{words[0]:,} / {words[1]:,}" in row
    matter = yaml.safe_load(card.split("---")[1])
    assert matter["language"] == ["eu", "en"]
    assert matter["license"] == ["cc-by-4.0", "cc0-1.0"]
    assert matter["size_categories"] == ["n<1K"]
    assert corpus.content_sha256 in card
    assert "1 (" in next(line for line in card.splitlines() if line.startswith("- Of the"))
    # The text stands in the stories too, and its copy there leaves with it.
    assert "Requests so far: 1; documents that left for them: 2." in card
    assert "own/0.txt" not in card
    assert "How often: e-mail address masked (1)" in card
    kept = card.split("Kept:")[1].split("Dropped, whole")[0]
    assert [line.split("/")[0] for line in kept.splitlines() if line] == ["- stories", "- own"]
    copy = next(line for line in card.splitlines() if "same text as another" in line and line.startswith("- "))
    assert re.search(r"\(exact: same text as another; (own|stories)/\S+ stays\): “(?!kept)", copy)
    assert "CC-BY-4.0" in row
    assert re.search(r"tiny: \d\.\d\d tokens a word", told)
    entered = len(list(store.read(corpus, Document))) + sum(
        v.count for v in corpus.verdicts if not v.kept and v.unit == "document"
    )
    beyond = sum(v.count for v in corpus.verdicts if v.step == "limit")
    assert f"Of {entered - beyond:,} documents" in card
    assert beyond > 0
    assert f"- english: at most 2 documents, drawn before any filter; {beyond:,} were not drawn." in card
    assert "words in other languages are held out for comparison." in card
    assert "in other languages are to train on" not in card


def test_the_figure_is_svg_that_tells_a_screen_reader_all_of_it(study: Path, tmp_path: Path) -> None:
    said("corpus", "card", study, "--out", tmp_path)
    root = ElementTree.parse(tmp_path / "waterfall.svg").getroot()
    assert root.tag.endswith("svg")
    told = "".join(one.text or "" for one in root if one.tag.endswith("desc"))
    assert "entered" in told
    assert "overlap" in told
    assert "left" in told


def test_show_names_the_items_that_stood_in_the_corpus(study: Path) -> None:
    told = said("show", study, "corpus", "--sample", "0")
    assert "1 documents were left out for it" in told
    assert "stood in own/leak.txt: Galdera bat:" in told
    assert "tokens a word" in told
    assert "fertility on the corpus, tiny:" in said("plan", study)


def test_without_a_corpus_there_is_no_card(tmp_path: Path) -> None:
    path = write_study(tmp_path)
    done = RUNNER.invoke(main, ["corpus", "card", str(path)])
    assert done.exit_code == 1
    assert f"run {path} --only corpus" in done.output


def test_bars_of_one_step_become_one_from_the_first_to_the_last() -> None:
    bars = [
        Bar("entered", "", "entered", 10, 10, 0, 100),
        Bar("dropped", "a", "x", 2, 8, 80, 100),
        Bar("dropped", "a", "y", 3, 5, 50, 80),
        Bar("dropped", "b", "z", 1, 4, 40, 50),
        Bar("left", "", "left", 4, 4, 0, 40),
    ]
    merged = by_step(bars)
    assert [(bar.step, bar.reason, bar.count, bar.start, bar.end) for bar in merged[1:3]] == [
        ("a", "2 reasons", 5, 50, 100),
        ("b", "z", 1, 40, 50),
    ]
    assert merged[1].remaining == 5


def test_other_languages_that_are_trained_on_are_not_called_held_out(study: Path, tmp_path: Path) -> None:
    facts = card_facts(make_plan(load(study)), Store(study.parent / "store"))
    sources = tuple(replace(one, words=(1234, 5)) if one.language == "eng_Latn" else one for one in facts.sources)
    told = dataset_card.card(replace(facts, sources=sources))
    assert "1,234 words in other languages are to train on, too. 5 words in other languages are held out" in told


def test_of_what_was_dropped_some_of_each_reason_are_shown_with_what_was_measured(study: Path) -> None:
    told = said("show", study, "corpus", "--dropped", "--sample", "1")
    store = Store(study.parent / "store")
    corpus = next(one for one in store.artifacts() if one.stage == "corpus")
    reasons = {(one.step, one.unit, one.reason) for one in corpus.verdicts if not one.kept}
    shown = re.findall(r"^- (\S+): (\w+): ", told, re.MULTILINE)
    assert len(shown) == len(reasons) > 3
    assert {step for _, step in shown} == {step for step, _, _ in reasons}
    assert re.search(
        r"^- own/leak\.txt: overlap: holds items of the exam mintza_general \(1, limit 0\.5\)$", told, re.M
    )
    assert (
        "- " not in said("show", study, "corpus", "--dropped", "--sample", "0").split("verdicts")[1].split("Of the")[0]
    )
