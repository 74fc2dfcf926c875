"""What `mintza arena serve` reads: an arena alone, or that of a study; an error names the line."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen

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


@contextmanager
def served(file: Path, port: int) -> Iterator[subprocess.Popen[str]]:
    """`mintza arena serve`, that hears Ctrl-C even where these tests run in a shell's background, which ignores it."""
    command = [sys.executable, "-m", "mintza.cli", "arena", "serve", str(file), "--port", str(port)]
    hears = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); os.execv(sys.argv[1], sys.argv[1:])"
    with subprocess.Popen(
        [sys.executable, "-c", hears, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "COLUMNS": "300"},
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def test_it_says_where_it_is_when_it_is_there_and_ends_by_ctrl_c(tmp_path: Path) -> None:
    with served(written(tmp_path, ALONE), 0) as process:
        assert process.stdout is not None
        address = process.stdout.readline().strip().removeprefix("Arena: ")
        with urlopen(f"{address}/health", timeout=30) as answer:
            assert answer.status == 200
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=60)
    assert "Traceback" not in said
    assert process.returncode in (0, 130, -signal.SIGINT)


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with served(written(tmp_path, ALONE), port) as process:
            _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"127.0.0.1:{port}" in said
    assert "--port" in said
    assert "Traceback" not in said
