"""What `mintza arena serve` reads: an arena alone, or that of a study; an error names the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from mintza.errors import MintzaError
from mintza.terminal.arena import read_settings

ALONE = """
title: Arena
language: eus_Latn
models:
  one: {model: m1, execution: {url: "http://127.0.0.1:1/v1"}}
  two: {model: m2, execution: {url: "http://127.0.0.1:2/v1"}}
"""
STUDIES = Path(__file__).parents[2] / "studies"


def written(folder: Path, text: str) -> Path:
    path = folder / "arena.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_arena_alone_is_read(tmp_path: Path) -> None:
    settings, language = read_settings(written(tmp_path, ALONE))
    assert (settings.title, language.code, list(settings.models)) == ("Arena", "eus_Latn", ["one", "two"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (ALONE.replace("language: eus_Latn\n", ""), "language"),
        (ALONE + "colour: green\n", "colour"),
        (ALONE.replace("  two:", "  one:"), "twice"),
        (ALONE + "participation: {qualification: {question: x, choices: [a, b], right: 2}}\n", "right is 2"),
        ("\n".join(ALONE.split("\n")[:-2]), "models"),
        (ALONE.replace("eus_Latn", "xxx_Latn"), "xxx_Latn"),
        (ALONE + "execution: {mail: {host: mail.example.org, sender: arena@example.org}}\n", "say address"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(MintzaError) as error:
        read_settings(written(tmp_path, text))
    assert said in str(error.value)
    assert "remedy" in str(error.value)


def test_a_study_without_an_arena_is_told_so() -> None:
    with pytest.raises(MintzaError, match="no arena"):
        read_settings(STUDIES / "demo.yaml")


def test_a_study_with_an_arena_gives_its_title_and_language(tmp_path: Path) -> None:
    models = ALONE[ALONE.index("models:") :].replace("\n", "\n  ")
    text = (STUDIES / "demo.yaml").read_text(encoding="utf-8")
    settings, language = read_settings(written(tmp_path, f"{text}\narena:\n  {models}\n"))
    assert settings.title
    assert language.code == "eus_Latn"
