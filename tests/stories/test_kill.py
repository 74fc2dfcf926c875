"""kill -9 at random moments over the life of a study: it completes, to the same bytes, and nothing answered is asked again."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from mintza.store import Store
from tiny import write_study

Cli = Callable[..., subprocess.CompletedProcess[str]]
SEED = int(os.environ.get("MINTZA_KILL_SEED", "20261123"))
KILLS = 8


def start(study: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "mintza.cli", "run", str(study)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def journalled(study: Path) -> set[str]:
    """Keys of the answers that are whole in the journals."""
    keys = set()
    for file in (study.parent / "store").glob("journals/*/*.jsonl"):
        for line in file.read_bytes().split(b"\n")[:-1]:
            written = msgspec.json.decode(line)
            if "key" in written:  # the first line of a file says whose answers they are
                keys.add(str(written["key"]))
    return keys


def asked(study: Path) -> list[str]:
    log = study.parent / "requests.log"
    return log.read_text(encoding="utf-8").splitlines() if log.exists() else []


def contents(study: Path) -> dict[str, bytes]:
    """Every file of every artifact, without the manifests, which hold times."""
    root = study.parent / "store" / "artifacts"
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


@pytest.mark.slow
def test_a_run_that_is_killed_again_and_again_ends_with_the_same_bytes(
    undisturbed: Path, tmp_path: Path, cli: Cli
) -> None:
    print(f"seed {SEED}: set MINTZA_KILL_SEED to repeat it")
    luck = random.Random(SEED)
    # The same study, answered slowly, so that kills fall into the middle of asking as well.
    study = write_study(tmp_path / "study", delay_s=0.05)
    recorded: list[tuple[int, set[str]]] = []
    for _ in range(KILLS):
        process = start(study)
        time.sleep(luck.uniform(0.8, 9.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        recorded.append((len(asked(study)), journalled(study)))
    done = cli("run", study)
    assert done.returncode == 0, done.stderr + done.stdout
    for length, known in recorded:
        assert not set(asked(study)[length:]) & known, "an answer that was in the journal was asked for again"
    assert contents(study) == contents(undisturbed)
    hashes = [{a.key: a.content_sha256 for a in Store(s.parent / "store").artifacts()} for s in (study, undisturbed)]
    assert hashes[0] == hashes[1]


def test_an_answer_that_was_journalled_is_never_asked_again(tmp_path: Path, cli: Cli) -> None:
    study = write_study(tmp_path / "study", delay_s=0.3)
    process = start(study)
    deadline = time.monotonic() + 90
    while len(journalled(study)) < 4 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.kill()
    process.wait()
    known = journalled(study)
    before = len(asked(study))
    assert len(known) >= 4
    done = cli("run", study, "--only", "check")
    assert done.returncode == 0, done.stderr + done.stdout
    assert not set(asked(study)[before:]) & known


def test_training_goes_on_from_its_last_checkpoint(undisturbed: Path, tmp_path: Path, cli: Cli) -> None:
    study = write_study(tmp_path / "study")
    process = start(study)
    deadline = time.monotonic() + 120
    checkpoints = study.parent / "store" / "workspaces"
    while not list(checkpoints.glob("train-*/checkpoints/step-*")) and time.monotonic() < deadline:
        if process.poll() is not None:
            break
        time.sleep(0.01)
    process.kill()
    process.wait()
    done = cli("run", study)
    assert done.returncode == 0, done.stderr
    assert "resumed from step" in done.stdout
    assert contents(study) == contents(undisturbed)


def test_two_runs_at_once_share_the_work_and_one_says_who_it_waits_for(undisturbed: Path, tmp_path: Path) -> None:
    study = write_study(tmp_path / "study", delay_s=0.1)
    command = [sys.executable, "-m", "mintza.cli", "run", str(study)]
    runs = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(2)]
    said = [run.communicate(timeout=240) for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert any("is held by process" in out for out, _ in said)
    assert len(asked(study)) == len(set(asked(study)))
    assert contents(study) == contents(undisturbed)
