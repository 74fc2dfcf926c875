"""The tutorial's commands do what its page says they do."""

from __future__ import annotations

from docs.conftest import MISSES, SET_UP, Tutorial
from docs.shell import ROOT, blocks


def test_every_line_of_the_tutorial_was_typed(tutorial: Tutorial) -> None:
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    lines = [line for block in blocks(page) if not block.language for line in block.lines]
    kept = [line for line in lines if line not in SET_UP and not line.startswith("cd ")]
    assert [typed.line.replace("mkdir -p", "mkdir") for typed in tutorial.typed] == kept
    assert len(kept) > 12


def test_every_line_comes_to_a_good_end_but_the_one_that_shows_what_is_missing(tutorial: Tutorial) -> None:
    failed = {typed.line: typed.output for typed in tutorial.typed if typed.code != 0}
    assert set(failed) == set(MISSES), failed
    assert "missing: languages/arg_Latn/language.yaml has gaps" in failed[MISSES[0]]


def test_what_the_page_promises_is_there(tutorial: Tutorial) -> None:
    said = {typed.line: typed.output for typed in tutorial.typed}
    assert "nothing is missing" in said["mintza check basque.yaml"]
    assert "12 questions" in said["mintza exam add quiz.eus_Latn.csv --license CC0-1.0"]
    assert "index.html" in said["mintza report basque.yaml"]
    assert "quiz" in said["mintza compare basque.yaml smollm2-135m-instruct smollm2-135m-instruct.corpus.s33"]
    assert "nothing was dropped here" in said["mintza show basque.yaml filter/sampled --dropped"]
    assert (tutorial.released / "README.md").is_file()
