"""The tutorial, done once as its page says, with a model of two layers in place of the packaged one."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from click.testing import CliRunner

from docs.shell import ROOT, Block, blocks
from mintza.cli import main
from mintza.records import Measurement
from mintza.store import Store
from mintza.terminal.formats import write_measurements
from tiny import REPLIES, SETTINGS, write_backbone

BACKBONE = "smollm2-135m-instruct"
VARIANT = f"{BACKBONE}.corpus.s33"
SET_UP = ("make install", ". .venv/bin/activate")  # the tests stand in an environment already
MISSES = ("mintza check arg_Latn.yaml",)  # the page shows what it says is missing


class Typed(NamedTuple):
    """A line of the tutorial that was typed, and what came of it."""

    line: str
    code: int
    output: str


class Tutorial(NamedTuple):
    """The tutorial when all of it was typed. study: its file.  measurements: of its results, as a file."""

    study: Path
    typed: list[Typed]
    measurements: Path
    released: Path
    backbone: str = BACKBONE


def small(study: Path) -> None:
    """Put the model of two layers in the place of the packaged one, and budgets that suit it; all else stays as it was written."""
    plain: dict[str, Any] = yaml.safe_load(study.read_text(encoding="utf-8"))
    plain["backbones"] = {BACKBONE: SETTINGS["backbones"]["tiny"]}
    plain["models"] = {"script": {"provider": "scripted", "replies": "replies.yaml"}}
    plain["instruct"]["sample"] |= {"model": "script", "conversations": 6}
    plain["translate"] = SETTINGS["translate"]
    plain["prepare"], plain["benchmark"] = SETTINGS["prepare"], SETTINGS["benchmark"]
    plain["train"] = SETTINGS["train"]
    plain["corpus"]["sources"][0]["limit"] = 40
    plain["execution"]["threads"] = 1
    plain["release"] = {"read_as": {"as the endpoint's terms say": "CC0-1.0"}}
    study.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")


def follow(page: str, folder: Path) -> Iterator[Typed]:
    """Do what a page says, block by block: type lines, save tables under the name above them, write keys into the study."""
    for block in blocks(page):
        if block.language == "csv":
            name = re.findall(r"`(\S+\.csv)`", block.before)[-1]
            Path(name).write_text("\n".join(block.lines) + "\n", encoding="utf-8")
        elif block.language == "yaml":
            study = folder / "basque" / "basque.yaml"
            plain = yaml.safe_load(study.read_text(encoding="utf-8"))
            plain.update(yaml.safe_load("\n".join(block.lines)))
            study.write_text(yaml.safe_dump(plain, sort_keys=False, allow_unicode=True), encoding="utf-8")
        elif not block.language:
            yield from type_all(block, folder)


def type_all(block: Block, folder: Path) -> Iterator[Typed]:
    """The lines of a block, verbs in this process and the rest by a shell."""
    study = folder / "basque" / "basque.yaml"
    for line in block.lines:
        if line in SET_UP:
            continue
        if line.startswith("cd "):
            os.chdir(line.removeprefix("cd "))
        elif line.startswith("mintza "):
            if study.exists() and "basque.yaml" in line:
                small(study)
            done = CliRunner().invoke(main, line.split()[1:], input="Kaixo\n\n")
            yield Typed(line, done.exit_code, done.output)
        else:
            paths = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
            shell = subprocess.run(
                ["bash", "-c", line], check=False, capture_output=True, text=True, env={**os.environ, "PATH": paths}
            )
            yield Typed(line, shell.returncode, shell.stderr)


@pytest.fixture(scope="session")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Tutorial:
    """The whole page, typed; then its study released."""
    folder = tmp_path_factory.mktemp("tutorial")
    (folder / "basque").mkdir()
    texts = sorted((ROOT / "src" / "mintza_demo" / "texts" / "eus_Latn" / "story").glob("*.txt"))
    write_backbone(folder / "basque" / "backbone", [path.read_text(encoding="utf-8") for path in texts])
    (folder / "basque" / "replies.yaml").write_text(yaml.safe_dump(REPLIES), encoding="utf-8")
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8").replace("mkdir basque", "mkdir -p basque")
    with contextlib.chdir(folder):
        typed = list(follow(page, folder))
    study = folder / "basque" / "basque.yaml"
    done = CliRunner().invoke(main, ["release", str(study), "--out", str(folder / "released")])
    assert done.exit_code == 0, done.output
    return Tutorial(study, typed, measurements_of(study, folder), folder / "released")


def measurements_of(study: Path, folder: Path) -> Path:
    """The results of a study as the file that `report tables` takes."""
    store = Store(study.parent / ".mintza-store")
    found = [m for a in store.artifacts() if a.stage == "measure" for m in store.read(a, Measurement)]
    path = folder / "measurements.jsonl"
    write_measurements(path, found)
    return path
