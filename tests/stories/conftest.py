"""What the stories share: a tiny study, and the command line run as people run it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mintza.records import Battle, Message, Reply, Vote
from tiny import write_study

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def cli() -> Cli:
    """Runs `mintza ...` in its own process."""

    def run(*words: object, timeout: float = 900.0) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "mintza.cli", *map(str, words)],
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "COLUMNS": "200"},
        )

    return run


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, cli: Cli) -> Path:
    """A tiny study that ran whole, once; nobody may change its folder. Gives the study's path."""
    study = write_study(tmp_path_factory.mktemp("undisturbed") / "study")
    done = cli("run", study)
    assert done.returncode == 0, done.stderr + done.stdout
    return study


def votes() -> str:
    """A battle and its votes, as lines of records."""

    def side(model: str) -> Reply:
        said = (Message(role="user", content="Kaixo"), Message(role="assistant", content="Bai."))
        return Reply(model=model, messages=said, system_prompt="", temperature=0.7, top_p=1.0, max_tokens=64)

    at = "2026-11-01T10:00:00Z"
    battle = Battle(id="b1", language="eus_Latn", a=side("tiny"), b=side("tiny.corpus.s1"), started_at=at)
    cast = [
        Vote(battle_id="b1", voter="v-17", criterion=criterion, winner="b", cast_at=at)
        for criterion in ("content", "language")
    ]
    return "".join(msgspec.json.encode(one).decode() + "\n" for one in (battle, *cast))
