"""Every command that the documentation shows exists with its options; those in blocks are run, here or beside what they want."""

from __future__ import annotations

import contextlib
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from docs.conftest import VARIANT, Tutorial
from docs.shell import DATED, PAGES, Shown, parse, shown, targets, verb_of, words
from mintza.cli import main
from result_files import content, put, scores

EVERY = [one for page in PAGES if page.name not in DATED for one in shown(page)]
WHOLE = [one for one in EVERY if one.whole and one.text.startswith("mintza ") and "tutorial" not in one.page]

MORE = {
    *(
        "mintza arena serve",
        "mintza arena backup",
        "mintza arena restore",
        "mintza arena export",
        "mintza arena import",
        "mintza arena checks",
        "mintza arena overrule",
    ),
    *("mintza review", "mintza serve", "mintza batch export", "mintza batch import"),
}
"""Want more than a study: test_typed_with_more.py has it."""
CLUSTER = {"mintza submit", "mintza status", "mintza cancel"}
"""Want a Slurm: tests/cluster/test_page.py has one."""


def _verb(one: Shown) -> str:
    return verb_of(words(one.text), main)[0]


PLAIN = [one for one in WHOLE if _verb(one) not in MORE | CLUSTER]


def named(one: Shown) -> str:
    return f"{one.page}:{one.line}"


def test_commands_are_found_in_all_the_ways_that_pages_show_them() -> None:
    places = {one.page for one in EVERY}
    assert {"README.md", "docs/tutorial.md", "docs/guide/exams.md", "docs/guide/corpus.md"} <= places
    assert len(WHOLE) > 20


@pytest.mark.parametrize("one", EVERY, ids=named)
def test_a_command_that_is_shown_exists_with_its_options(one: Shown) -> None:
    found = words(one.text)
    if found[0] == "make":
        assert found[1] in targets()
    else:
        parse(found, main, whole=one.whole)


@pytest.mark.parametrize("text", ["mintza fly STUDY", "mintza run STUDY --wings", "mintza report tables FILE"])
def test_a_verb_or_option_that_is_not_there_is_found_out(text: str) -> None:
    with pytest.raises(click.UsageError):
        parse(words(text), main, whole=True)


def test_what_follows_a_command_in_prose_is_not_taken_for_a_part_of_it() -> None:
    line = "mintza run STUDY             make what is missing     --only STAGE[/CELL]   --limit N   # a note"
    assert words(line) == ["mintza", "run", "STUDY", "--only", "STAGE[/CELL]", "--limit", "N"]
    assert words("mintza x FILE A... [--two refuse|newest]") == ["mintza", "x", "FILE", "A", "--two", "refuse"]


def names(tutorial: Tutorial, folder: Path) -> dict[str, str]:
    """What stands in a test for the names that pages use in examples."""
    return {
        **dict.fromkeys(("STUDY", "S", "LANG.yaml"), str(tutorial.study)),
        **dict.fromkeys(("STAGE", "STAGE[/CELL]"), "corpus"),
        **dict.fromkeys(("ID", "news/2024/17.txt"), "texts/story/*"),
        **dict.fromkeys(("NAME", "news"), "texts"),
        **dict.fromkeys(("B", "VARIANT"), VARIANT),
        "A": tutorial.backbone,
        "COMPONENT": "sampled",
        "N": "3",
        "LANG": "gle_Latn",
        "DIR": str(folder / "out"),
        "PATH": str(folder / "results"),
        "village_quiz.eus_Latn.csv": str(tutorial.study.parent / "quiz.eus_Latn.csv"),
    }


def names_of(verb: str, tutorial: Tutorial, folder: Path) -> dict[str, str]:
    """What means something else for one verb."""
    return {
        "mintza benchmark import": {"FILE": str(folder / "some.jsonl")},
        "mintza report tables": {"FILE": str(tutorial.measurements)},
        "mintza compare": {"NAME": "quiz"},
        "mintza gguf": {"NAME": VARIANT, "FILE.gguf": str(folder / "model.gguf")},
        "mintza exam add": {"NAME": "another", "FILE": str(folder / "another.yaml")},
        "mintza verify": {"release": str(tutorial.released)},
    }.get(verb, {})


def added(verb: str, folder: Path) -> list[str]:
    """Options that keep a verb from asking, from taking texts down, and from writing beside the study that all share."""
    return {
        "mintza init": ["--out", str(folder / "new.yaml")],
        "mintza gc": ["--yes"],
        "mintza corpus forget": ["--list"],
        "mintza corpus calibrate": ["--out", str(folder / "learned.json")],
        "mintza corpus identifier": ["--out", str(folder / "learned")],
    }.get(verb, [])


@pytest.mark.parametrize("one", PLAIN, ids=named)
def test_a_command_in_a_block_is_run(one: Shown, tutorial: Tutorial, tmp_path: Path) -> None:
    verb, _, _ = verb_of(words(one.text), main)
    known = {**names(tutorial, tmp_path), **names_of(verb, tutorial, tmp_path)}
    typed = [str(tutorial.study) if word.startswith("studies/") else known.get(word, word) for word in words(one.text)]
    typed += added(verb, tmp_path)
    put(tmp_path / "results" / "org__base", content({"eus_trivia": scores()}))
    with contextlib.chdir(tmp_path):
        done = CliRunner().invoke(main, typed[1:], input="Kaixo\n\n" if verb == "mintza chat" else None)
    assert done.exit_code == 0, (typed, done.output, done.exception)
