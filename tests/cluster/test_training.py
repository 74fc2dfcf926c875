"""A variant trained over the nodes of a job: told to save, killed with a node, it goes on to the bit."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from cluster.slurm import Slurm
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import states
from mintza.records import Artifact, TrainingStep
from mintza.store import Store
from mintza.study import load
from mintza.train.curve import whole_lines
from tiny import SETTINGS, write_study

NODE = "train/tiny.corpus.s1"
EPOCHS = 8
MINTZA = (sys.executable, "-m", "mintza.cli")
PROFILE = {"scheduler": "slurm", "resources": {"cpus": 1, "memory": "900M", "time": "10m"}, "grace_seconds": 30}


def study_of(folder: Path, launch: dict[str, Any], epochs: int) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "site.yaml").write_text(yaml.safe_dump(PROFILE), encoding="utf-8")
    execution = {**SETTINGS["train"]["execution"], "launch": launch, "checkpoint_every": 10, "device": "cpu"}
    cluster = {"profile": "site.yaml", "stages": {"train": {"nodes": 2}}}
    return write_study(
        folder,
        train={**SETTINGS["train"], "epochs": epochs, "execution": execution},
        execution={"store": "store", "threads": 1, "cluster": cluster},
    )


def trained(study: Path) -> Artifact | None:
    plan = make_plan(load(study))
    return states(plan, Store(plan.study.store))[NODE].artifact


def steps_of(study: Path) -> list[TrainingStep]:
    found = trained(study)
    assert found is not None
    return list(Store(load(study).store).read(found, TrainingStep))


def steps_so_far(study: Path) -> int:
    curves = list((study.parent / "store" / "workspaces").glob("train-*/curve.jsonl"))
    return len(whole_lines(curves[0])) if curves else 0


def still(study: Path) -> None:
    """Hold the processes that train, between two instructions: what comes now finds them before their end."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_text()
            except OSError:
                continue
            if "mintza.train.worker" in command and str(study.parent) in command and "srun" not in command:
                os.kill(int(entry.name), signal.SIGSTOP)


def test_training_over_two_nodes_survives_its_time_limit_and_a_nodes_death_to_the_bit(
    slurm: Slurm, tmp_path: Path
) -> None:
    here = study_of(tmp_path / "here", {"torchrun": 2}, EPOCHS)
    done = subprocess.run([*MINTZA, "run", here, "--only", "prepare"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    there = study_of(tmp_path / "there", {"slurm": {"per_node": 1}}, EPOCHS)
    for folder in ("backbone", "store"):
        shutil.rmtree(tmp_path / "there" / folder, ignore_errors=True)
        shutil.copytree(tmp_path / "here" / folder, tmp_path / "there" / folder)
    done = subprocess.run([*MINTZA, "run", here, "--only", NODE], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

    told = slurm.run(*MINTZA, "submit", str(there), "--only", NODE)
    assert told.returncode == 0, told.stderr
    slurm.wait(lambda: steps_so_far(there) >= 12, "the first steps", 400)
    (job,) = [job for job, state in slurm.jobs().items() if state == "RUNNING"]
    assert slurm.run("squeue", "--noheader", f"--jobs={job}", "--format=%D").stdout.strip() == "2"
    slurm.run("scancel", "--signal=USR1", "--batch", job)
    slurm.wait(lambda: slurm.jobs()[job] == "PENDING", "its return to the queue", 120)
    saved = steps_so_far(there)
    assert saved >= 12
    slurm.hasten(job)

    slurm.wait(lambda: steps_so_far(there) >= saved + 3, "further steps", 400)
    still(there)
    assert trained(there) is None
    slurm.kill_node("n2")
    slurm.run("scontrol", "update", "NodeName=n2", "State=DOWN", "Reason=killed")
    slurm.wait(lambda: slurm.jobs()[job] == "PENDING", "its return to the queue after the node's death", 120)
    assert trained(there) is None
    slurm.start_node("n2")
    slurm.run("scontrol", "update", "NodeName=n2", "State=RESUME")
    slurm.hasten(job)
    slurm.wait(lambda: slurm.jobs()[job] == "COMPLETED", "the training", 400)

    one, other = steps_of(here), steps_of(there)
    assert len(one) == len(other) > saved + 3
    assert max(abs(a.loss - b.loss) for a, b in zip(one, other, strict=True)) == 0.0
    mine, theirs = trained(here), trained(there)
    assert mine is not None
    assert theirs is not None
    assert mine.key == theirs.key
    assert mine.content_sha256 == theirs.content_sha256
