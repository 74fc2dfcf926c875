"""Prompts are read from lines, and what is wrong is named by its line."""

from pathlib import Path
from typing import Any

import pytest

from mintza.benchmark.settings import BenchmarkSettings, FilePrompts, PackagePrompts, RightLanguageSettings
from mintza.benchmark.stage import fingerprint, prompts
from mintza.errors import BadInput, MissingPart

TWO = '{"id": "a", "prompt": "Kaixo"}\n\n{"id": "b", "prompt": "Agur"}\n'


def settings(**changes: Any) -> BenchmarkSettings:
    talk = RightLanguageSettings(prompts=FilePrompts(kind="file", path="prompts.jsonl"), **changes)
    return BenchmarkSettings(right_language=talk)


def test_prompts_come_in_the_order_of_their_file(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text(TWO)

    assert [(one.id, one.prompt) for one in prompts(settings(), base=tmp_path)] == [("a", "Kaixo"), ("b", "Agur")]
    assert [one.id for one in prompts(settings(items=1), base=tmp_path)] == ["a"]


def test_without_the_measure_there_are_no_prompts() -> None:
    assert prompts(BenchmarkSettings(), base=Path()) == []
    assert fingerprint(BenchmarkSettings(), base=Path()) == {}


def test_a_fingerprint_changes_with_the_prompts(tmp_path: Path) -> None:
    (tmp_path / "prompts.jsonl").write_text(TWO)
    before = fingerprint(settings(), base=tmp_path)
    (tmp_path / "prompts.jsonl").write_text(TWO.replace("Agur", "Aio"))

    assert before != fingerprint(settings(), base=tmp_path)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "c"}', "not a prompt"),
        ('{"id": "c", "prompt": " "}', "says nothing"),
        ('{"id": "a", "prompt": "Kaixo berriro"}', "earlier line"),
        ("Kaixo", "not a prompt"),
    ],
)
def test_a_broken_line_is_named_by_file_and_number(tmp_path: Path, line: str, says: str) -> None:
    (tmp_path / "prompts.jsonl").write_text(TWO + line)

    with pytest.raises(BadInput, match=says) as caught:
        prompts(settings(), base=tmp_path)

    assert caught.value.place.endswith("prompts.jsonl:4")


@pytest.mark.parametrize("text", ["", TWO])
def test_fewer_prompts_than_asked_for_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "prompts.jsonl").write_text(text)

    with pytest.raises(BadInput, match="asked for"):
        prompts(settings(items=3), base=tmp_path)


def test_a_file_or_package_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read"):
        prompts(settings(), base=tmp_path)
    talk = RightLanguageSettings(prompts=PackagePrompts(kind="package", package="no_such_package", path="x.jsonl"))
    with pytest.raises(MissingPart, match="no_such_package"):
        prompts(BenchmarkSettings(right_language=talk), base=tmp_path)
