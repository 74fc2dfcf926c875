"""The commands in blocks that want more than a study, typed as they stand: servers until they are told to stop, an arena, a batch queue."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner

from arena.organisers import lines, rows
from docs.conftest import VARIANT, Tutorial
from docs.shell import Shown, verb_of, words
from docs.test_commands import CLUSTER, MORE, WHOLE, named
from mintza.cli import main

ARENA = """
title: Arena
language: eus_Latn
models:
  one: {model: m1, execution: {url: "http://127.0.0.1:1/v1"}}
  two: {model: m2, execution: {url: "http://127.0.0.1:2/v1"}}
execution: {data: data}
"""
HERE = {"threads": 1, "cluster": {"profile": "local"}}
STOPPED = 130
"""By Ctrl-C, as the page of the command line says."""
SERVES = ("mintza serve", "mintza review", "mintza arena serve")


def typed(verb: str) -> list[Shown]:
    return [one for one in WHOLE if verb_of(words(one.text), main)[0] == verb]


def test_every_command_that_wants_more_is_typed_here_or_on_a_cluster() -> None:
    verbs = {verb_of(words(one.text), main)[0] for one in WHOLE}
    assert verbs & MORE == {
        *SERVES,
        *(f"mintza arena {verb}" for verb in ("backup", "restore", "export", "import", "checks", "overrule")),
        "mintza batch export",
        "mintza batch import",
    }
    assert verbs & CLUSTER == CLUSTER


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


def arena(folder: Path) -> Path:
    (folder / "arena.yaml").write_text(ARENA, encoding="utf-8")
    return folder / "arena.yaml"


def beside(tutorial: Tutorial, name: str, **changes: Any) -> Path:
    """The tutorial's study with other keys, in a file beside it and on the same store."""
    plain = yaml.safe_load(tutorial.study.read_text(encoding="utf-8"))
    path = tutorial.study.with_name(name)
    path.write_text(yaml.safe_dump({**plain, **changes}, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return path


def known_to(tutorial: Tutorial, folder: Path) -> dict[str, str]:
    """What stands for the names of the pages."""
    (folder / "key").write_text("a key that is long enough\n", encoding="utf-8")
    serve = {"slots": 2, "context": 256}
    big = {"provider": "server", "model": "big", "backbone": tutorial.backbone, "execution": {"serve": serve}}
    return {
        "STUDY": str(tutorial.study),
        "NAME": VARIANT,
        "COMPONENT": "sampled",
        "ADDRESS": "127.0.0.1",
        "FILE": str(folder / "key"),
        "studies/basque.yaml": str(
            beside(tutorial, "served.yaml", models={"big": big}, instruct={}, translate={}, execution=HERE)
        ),
    }


@pytest.mark.parametrize("one", [one for verb in SERVES for one in typed(verb)], ids=named)
def test_a_command_that_serves_comes_up_and_ends_well_when_told(one: Shown, tutorial: Tutorial, tmp_path: Path) -> None:
    known = known_to(tutorial, tmp_path)
    if "arena" in one.text:
        known["FILE"] = str(arena(tmp_path))
    found = [known.get(word, word) for word in words(one.text)]
    for place, word in enumerate(found[:-1]):
        if word == "--port":
            found[place + 1] = free_port()
    found = ["5" if word == "N" else word for word in found]
    # A shell that starts tests in its background leaves the signal of Ctrl-C ignored to all that they start.
    heard = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from mintza.cli import main; main()"
    )
    command = [sys.executable, "-u", "-c", heard, *found[1:]]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        said: list[str] = []
        try:
            while "http://127.0.0.1:" not in (said[-1] if said else ""):
                said.append(process.stdout.readline())
                assert said[-1], said
            process.send_signal(signal.SIGINT)
            said += process.communicate(timeout=60)[0].splitlines()
            assert process.returncode in (0, STOPPED), said
        finally:
            process.kill()


def test_an_arena_is_exported_imported_backed_up_and_brought_back_as_the_pages_say(tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    for folder in (here, there):
        folder.mkdir()
        arena(folder)
    command = [sys.executable, "-u", "-m", "mintza.cli", "arena", "serve", str(here / "arena.yaml"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # so that there is a database
        assert process.stdout is not None
        while "http" not in process.stdout.readline():
            assert process.poll() is None
        process.terminate()
    (tmp_path / "rows.jsonl").write_text("", encoding="utf-8")
    for verb in ("export", "import", "backup", "restore"):
        (one,) = typed(f"mintza arena {verb}")
        file = str((there if verb == "restore" else here) / "arena.yaml")
        known = {"FILE": file, "OUT": str(tmp_path / "out.jsonl"), "ROWS": str(tmp_path / "rows.jsonl")}
        known |= {"/etc/mintza-arena/arena.yaml": file, "/srv/backups/arena-2026-11-30": str(tmp_path / "kept")}
        done = CliRunner().invoke(main, [known.get(word, word) for word in words(one.text)[1:]])
        assert done.exit_code == 0, (one.text, done.output, done.exception)
    assert (there / "data" / "arena.sqlite").is_file()


def test_a_check_is_overruled_and_let_hold_again_as_the_page_says(tmp_path: Path) -> None:
    file = str(arena(tmp_path))
    (tmp_path / "rows.jsonl").write_text("\n".join(lines(rows(["one", "two"], 1, 3))), encoding="utf-8")
    taken = CliRunner().invoke(main, ["arena", "import", file, str(tmp_path / "rows.jsonl")])
    assert taken.exit_code == 0, taken.output
    found = "INSERT INTO exclusions SELECT battle_id, 'side', 'x', 0.0001, 0.001, 'now' FROM votes"
    with contextlib.closing(sqlite3.connect(tmp_path / "data" / "arena.sqlite")) as database, database:
        database.execute(found)
    known = {"FILE": file, "VOTER": "user000", "CHECK": "side"}
    said = []
    for one in sorted([*typed("mintza arena checks"), *typed("mintza arena overrule")], key=lambda one: one.line):
        done = CliRunner().invoke(main, [known.get(word, word) for word in words(one.text)[1:]])
        assert done.exit_code == 0, (one.text, done.output, done.exception)
        said.append(done.output)
    for part, told in zip(("3 votes left out", "side is overruled for user000", "side holds again"), said, strict=True):
        assert part in told


def answer(line: str) -> str:
    """What a batch queue gives back for a request."""
    choice = {"text": "How tall is that hill over there?", "finish_reason": "stop"}
    body = {"choices": [choice], "usage": {"prompt_tokens": 3, "completion_tokens": 7}}
    kept = {"id": "x", "error": None, "custom_id": json.loads(line)["custom_id"]}
    return json.dumps({**kept, "response": {"status_code": 200, "body": body}})


def test_requests_are_exported_and_their_answers_imported_as_the_page_says(tutorial: Tutorial, tmp_path: Path) -> None:
    far: dict[str, Any] = {"provider": "server", "model": "m", "backbone": tutorial.backbone}
    far |= {"execution": {"url": "http://127.0.0.1:9/v1"}}
    instruct = {"sample": {"model": "far", "conversations": 3}}
    study = beside(tutorial, "far.yaml", models={"far": far}, instruct=instruct, translate={})
    known = {"STUDY": str(study), "STAGE[/CELL]": "sample"}
    (export,), (take,) = typed("mintza batch export"), typed("mintza batch import")
    with contextlib.chdir(tmp_path):
        done = CliRunner().invoke(main, [known.get(word, word) for word in words(export.text)[1:]])
        assert done.exit_code == 0, (done.output, done.exception)
        asked = Path("requests.jsonl").read_text(encoding="utf-8").splitlines()
        assert len(asked) == 3
        Path("results.jsonl").write_text("\n".join(map(answer, asked[:2])) + "\n", encoding="utf-8")
        Path("errors.jsonl").write_text(answer(asked[2]) + "\n", encoding="utf-8")
        done = CliRunner().invoke(main, [known.get(word, word) for word in words(take.text)[1:]])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "results.jsonl: 2 answers" in done.output
    assert "errors.jsonl: 1 answer" in done.output


def test_an_export_of_a_study_that_is_whole_says_that_nothing_waits(tutorial: Tutorial, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["batch", "export", str(tutorial.study), "--out", str(tmp_path / "requests.jsonl")])
    assert done.exit_code == 0, (done.output, done.exception)
    assert done.output == "nothing waits: every stage that asks a model is complete\n"
    assert not (tmp_path / "requests.jsonl").exists()
