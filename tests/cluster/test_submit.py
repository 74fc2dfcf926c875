"""A study on a real Slurm: one command completes it, whatever dies meanwhile, and it comes to what a laptop makes of it."""

import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from cluster.slurm import Slurm
from mintza.cluster.ledger import Ledger
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys, states
from mintza.records import Artifact
from mintza.store import Store
from mintza.study import load
from tiny import write_study

Verb = Callable[..., subprocess.CompletedProcess[str]]
PROFILE = {"scheduler": "slurm", "resources": {"cpus": 1, "memory": "500M", "time": "10m"}, "grace_seconds": 30}


@pytest.fixture
def verb(slurm: Slurm) -> Verb:
    """Runs `mintza ...` on the cluster's login node."""

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        return slurm.run(sys.executable, "-m", "mintza.cli", *map(str, words))

    return run


def write(folder: Path, **changes: Any) -> Path:
    """A tiny study with a profile of this cluster beside it."""
    (folder / "site.yaml").write_text(yaml.safe_dump(PROFILE), encoding="utf-8")
    return write_study(
        folder, execution={"store": "store", "threads": 1, "cluster": {"profile": "site.yaml"}}, **changes
    )


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """The tiny study, whole."""
    return write(tmp_path)


def artifacts(study: Path) -> dict[str, Artifact]:
    plan = make_plan(load(study))
    return {name: a for name, state in states(plan, Store(plan.study.store)).items() if (a := state.artifact)}


def complete(study: Path) -> bool:
    return set(artifacts(study)) == set(keys(make_plan(load(study))))


def idle(slurm: Slurm) -> bool:
    return not {"PENDING", "RUNNING", "COMPLETING"} & set(slurm.jobs().values())


def begun(study: Path) -> Counter[str]:
    """How often each job's script was begun, by the job's name: from the notes of the jobs themselves."""
    return Counter(note.name for notes in Ledger(study.parent / "store").notes().values() for note in notes)


def overlapping(study: Path) -> list[str]:
    """Artifacts of which two runs went on at the same time, by the notes that the jobs themselves left."""
    noted = Ledger(study.parent / "store").notes().values()
    runs = sorted((note.name, note.began, note.ended) for notes in noted for note in notes if note.ended)
    assert all(name for name, _, _ in runs)
    return [one[0] for one, other in pairwise(runs) if one[0] == other[0] and other[1] < one[2]]


def test_a_study_submitted_comes_to_the_same_artifacts_as_one_run_here(
    slurm: Slurm, verb: Verb, study: Path, tmp_path: Path
) -> None:
    told = verb("submit", study)
    assert told.returncode == 0, told.stderr
    again = verb("submit", study)
    assert "0 jobs submitted" in again.stdout
    slurm.wait(lambda: idle(slurm), "the jobs", 600)
    status = verb("status", study, "--all")
    assert status.returncode == 0, status.stdout
    there = artifacts(study)
    assert complete(study), status.stdout
    assert set(begun(study).values()) == {1}

    here = write_study(tmp_path / "here")
    (tmp_path / "here" / "backbone").rename(tmp_path / "here" / "own")
    (tmp_path / "here" / "backbone").symlink_to(study.parent / "backbone")
    local = subprocess.run(
        [sys.executable, "-m", "mintza.cli", "run", here], capture_output=True, text=True, check=False
    )
    assert local.returncode == 0, local.stderr
    for name, artifact in artifacts(here).items():
        assert there[name].key == artifact.key, name
        assert there[name].content_sha256 == artifact.content_sha256, name


def test_what_dies_is_submitted_again_and_nothing_is_made_twice(slurm: Slurm, verb: Verb, tmp_path: Path) -> None:
    study = write(tmp_path, tables={"main": {"backbones": ["tiny"], "mixtures": ["sampled"], "seeds": [1]}})
    both = [
        subprocess.Popen(
            [sys.executable, "-m", "mintza.cli", "submit", str(study)], env=slurm.environment, stdout=subprocess.DEVNULL
        )
        for _ in range(2)
    ]
    ledger = study.parent / "store" / "cluster" / "submitted.jsonl"
    slurm.wait(lambda: ledger.exists() and len(ledger.read_bytes().splitlines()) >= 2, "the first jobs")
    both[0].kill()
    for process in both:
        process.wait()
    assert verb("submit", study).returncode == 0
    names = slurm.run("squeue", "--noheader", "--states=PENDING,RUNNING", "--format=%j").stdout.split()
    assert len(names) == len(set(names))
    samples = study.parent / "store" / "artifacts" / "sample"
    slurm.wait(lambda: any(samples.glob("*/manifest.json")), "the samples", 300)
    slurm.restart_controller()
    assert verb("cancel", study, "--only", "train/tiny.sampled.s1", "--yes").returncode == 0
    slurm.wait(lambda: idle(slurm), "the jobs that are left", 600)
    assert not complete(study)
    made = {name: artifact.finished_at for name, artifact in artifacts(study).items()}
    told = verb("submit", study)
    assert told.returncode == 0, told.stderr
    slurm.wait(lambda: idle(slurm), "the second round", 600)
    assert complete(study)
    assert {name: a.finished_at for name, a in artifacts(study).items() if name in made} == made
    assert not overlapping(study)


def test_a_job_that_a_study_no_longer_wants_makes_nothing_and_says_why(slurm: Slurm, verb: Verb, study: Path) -> None:
    slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=DRAIN", "Reason=test")
    assert verb("submit", study, "--only", "exams").returncode == 0
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    settings["exams"]["take"]["mintza_general"]["items"] = 3
    study.write_text(yaml.safe_dump(settings), encoding="utf-8")
    slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=RESUME")
    slurm.wait(lambda: idle(slurm), "the job")
    assert not artifacts(study)
    (log,) = (study.parent / "store" / "cluster" / "logs").iterdir()
    assert "the study has changed since this job was submitted" in log.read_text(encoding="utf-8")


def test_a_job_whose_time_is_nearly_up_is_queued_again_and_asks_nothing_twice(
    slurm: Slurm, verb: Verb, tmp_path: Path
) -> None:
    study = write(tmp_path, delay_s=1.0)
    assert verb("submit", study, "--only", "sample").returncode == 0
    log = tmp_path / "requests.log"
    slurm.wait(lambda: log.exists() and len(log.read_text().splitlines()) >= 3, "some answers")
    (job,) = [job for job, state in slurm.jobs().items() if state == "RUNNING"]
    # What Slurm itself does --signal=B:USR1@SECONDS before the limit.
    slurm.run("scancel", "--signal=USR1", "--batch", job)
    slurm.wait(lambda: slurm.jobs()[job] == "PENDING", "its return to the queue")
    assert "queued again" in verb("status", study).stdout
    slurm.hasten(job)
    slurm.wait(lambda: slurm.jobs()[job] == "COMPLETED", "its second run")
    assert "sample/sampled" in artifacts(study)
    asked = log.read_text().splitlines()
    assert len(asked) - len(set(asked)) <= 1
