"""The requests of a stage shared out over an array of jobs: each is asked once, and the stage comes to the same bytes."""

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest
import yaml

from cluster.slurm import Slurm
from mintza.cluster.ledger import Ledger
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys, states
from mintza.records import Artifact
from mintza.store import Store
from mintza.study import load
from tiny import SETTINGS, write_study

PROFILE = {"scheduler": "slurm", "resources": {"cpus": 1, "memory": "500M", "time": "10m"}, "grace_seconds": 30}


def made(study: Path) -> dict[str, Artifact]:
    plan = make_plan(load(study))
    return {name: a for name, state in states(plan, Store(plan.study.store)).items() if (a := state.artifact)}


def sharded(folder: Path, shards: int, delay_s: float) -> Path:
    """The tiny study, of which only the stages before training are asked for here."""
    folder.mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(yaml.safe_dump(PROFILE), encoding="utf-8")
    sample = {**SETTINGS["instruct"]["sample"], "conversations": 12, "execution": {"shards": shards, "wave": 5}}
    translate = {**SETTINGS["translate"]["translate"], "limit": 12, "tries": 2, "execution": {"shards": shards}}
    return write_study(
        folder,
        delay_s=delay_s,
        instruct={"sample": sample},
        translate={"translate": translate},
        execution={"store": "store", "threads": 1, "cluster": {"profile": "site.yaml"}},
    )


def run(study: Path, *words: str) -> None:
    command = [sys.executable, "-m", "mintza.cli", "run", str(study), *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same study, run here in one process."""
    study = sharded(tmp_path_factory.mktemp("local"), 1, 0.0)
    run(study, "--only", "translate")
    return study


def asked_at(study: Path) -> list[float]:
    """When each answer of the journals was written, in seconds since the epoch."""
    lines = [line for path in journals(study) for line in path.read_text(encoding="utf-8").splitlines()[1:]]
    return [datetime.fromisoformat(json.loads(line)["at"]).timestamp() for line in lines]


def journals(study: Path) -> list[Path]:
    return list((study.parent / "store" / "journals").rglob("*.jsonl"))


def test_an_array_asks_each_request_once_and_the_stages_come_to_the_same_bytes(
    slurm: Slurm, tmp_path: Path, local: Path
) -> None:
    study = sharded(tmp_path / "there", 2, 0.05)
    mintza = (sys.executable, "-m", "mintza.cli")
    told = slurm.run(*mintza, "submit", str(study), "--only", "translate")
    assert told.returncode == 0, told.stderr
    again = slurm.run(*mintza, "submit", str(study), "--only", "translate")
    assert "0 jobs submitted" in again.stdout
    names = slurm.run("squeue", "--noheader", "--states=all", "--array", "--format=%j").stdout.split()
    assert sum(name.endswith("-shards") for name in names) == 4
    slurm.wait(lambda: not {"PENDING", "RUNNING", "COMPLETING"} & set(slurm.jobs().values()), "the jobs", 400)
    here, there = made(local), made(study)
    for name in ("sample/sampled", "filter/sampled", "translate/translated"):
        assert there[name].key == here[name].key, name
        assert there[name].content_sha256 == here[name].content_sha256, name
    asked = (tmp_path / "there" / "requests.log").read_text(encoding="utf-8").splitlines()
    assert len(asked) == len(set(asked))
    assert set(asked) == set((local.parent / "requests.log").read_text(encoding="utf-8").splitlines())
    # A task that begins late finds its share asked by the other: two writers an array at most, one at least, and
    # the stages' own jobs write nothing.
    assert 2 <= len(journals(study)) <= 4
    ledger = Ledger(study.parent / "store")
    (own,) = [
        job.job
        for job in ledger.submitted().values()
        if job.name == f"mintza-translate-{there['translate/translated'].key[:20]}"
    ]
    assert max(asked_at(study)) <= ledger.notes()[own][0].began + 1


def test_one_share_asked_by_hand_leaves_the_rest_to_the_stage(tmp_path: Path, local: Path) -> None:
    """No Slurm: with nobody else there, one process asks the other shares too."""
    study = sharded(tmp_path / "hand", 3, 0.0)
    key = keys(make_plan(load(study)))["sample/sampled"]
    run(study, "--only", "sample/sampled", "--alone", key, "--share", "1/3")
    assert "sample/sampled" not in made(study)
    before = (study.parent / "requests.log").read_text(encoding="utf-8").splitlines()
    run(study, "--only", "sample")
    assert (study.parent / "requests.log").read_text(encoding="utf-8").splitlines() == before
    assert made(study)["sample/sampled"].content_sha256 == made(local)["sample/sampled"].content_sha256
