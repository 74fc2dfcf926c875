"""A model served by jobs of a real Slurm: found by the stage that asks it, replaced when it dies, gone when nobody asks."""

import json
import sys
from pathlib import Path

import yaml

from cluster.slurm import Slurm
from fake_vllm import install
from mintza.cluster.ledger import Ledger
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import states
from mintza.records import Conversation
from mintza.store import Store
from mintza.study import load
from tiny import write_study

MINTZA = (sys.executable, "-m", "mintza.cli")
SERVE = {"slots": 2, "context": 256, "idle_s": 4.0, "host": "127.0.0.1"}


def served(folder: Path) -> Path:
    """The tiny study, whose backbone samples behind what passes for vLLM: three answers, and no more before `go` is there."""
    folder.mkdir(parents=True, exist_ok=True)
    setup = [
        f'export PATH="{install(folder / "bin")}:$PATH"',
        f"export MINTZA_FAKE_FREE=3 MINTZA_FAKE_GO={folder / 'go'}",
    ]
    small = {"cpus": 1, "memory": "500M", "time": "10m"}
    (folder / "site.yaml").write_text(yaml.safe_dump({"resources": small, "setup": setup, "grace_seconds": 30}))
    model = {"provider": "server", "model": "tiny", "backbone": "tiny", "execution": {"serve": SERVE}}
    return write_study(
        folder,
        models={"served": model},
        instruct={"sample": {"model": "served", "conversations": 6}},
        translate={"translate": {"model": "served"}},
        execution={"store": "store", "threads": 1, "cluster": {"profile": "site.yaml"}},
    )


def answers(study: Path) -> list[str]:
    """The key of each answer in the journals."""
    lines = [
        line
        for path in (study.parent / "store" / "journals").rglob("*.jsonl")
        for line in path.read_text().splitlines()
    ]
    return [row["key"] for row in map(json.loads, lines) if "key" in row]


def servers(slurm: Slurm) -> dict[str, str]:
    """Id of each job that serves -> its state."""
    told = slurm.run("squeue", "--noheader", "--states=all", "--format=%i %T %j").stdout.splitlines()
    return {line.split()[0]: line.split()[1] for line in told if "mintza-serve-" in line}


def test_a_stage_finds_the_job_that_serves_its_model_replaces_it_when_it_dies_and_it_ends_when_idle(
    slurm: Slurm, tmp_path: Path
) -> None:
    study = served(tmp_path / "s")
    dry = slurm.run(*MINTZA, "submit", str(study), "--only", "sample", "--dry-run")
    assert "would submit serve/served: for sample/sampled" in dry.stdout, dry.stderr
    told = slurm.run(*MINTZA, "submit", str(study), "--only", "sample")
    assert "2 jobs submitted" in told.stdout, told.stdout + told.stderr
    again = slurm.run(*MINTZA, "submit", str(study), "--only", "sample")
    assert "0 jobs submitted" in again.stdout
    slurm.wait(lambda: len(answers(study)) == 3, "three answers", 300)
    status = slurm.run(*MINTZA, "status", str(study)).stdout
    assert "serve/served" in status
    assert "serves at http://127.0.0.1:" in status
    (first,) = servers(slurm)
    slurm.run("scancel", first)
    (study.parent / "go").touch()
    slurm.wait(lambda: len(servers(slurm)) == 2, "another job in its place", 300)
    samples = study.parent / "store" / "artifacts" / "sample"
    slurm.wait(lambda: any(samples.glob("*/manifest.json")), "the stage", 300)
    assert "sample/sampled" in complete(study)
    asked = answers(study)
    assert len(asked) == len(set(asked)) >= 12
    slurm.wait(lambda: not {"RUNNING", "PENDING", "COMPLETING"} & set(servers(slurm).values()), "its end, idle", 200)
    second = max(servers(slurm), key=int)
    assert servers(slurm)[second] == "COMPLETED"
    assert not list((study.parent / "store" / "serving").rglob("*.json"))
    names = [job.name for job in Ledger(study.parent / "store").submitted().values()]
    assert len(names) == 3


def complete(study: Path) -> dict[str, int]:
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    found = states(plan, store)
    return {n: sum(1 for _ in store.read(s.artifact, Conversation)) for n, s in found.items() if s.artifact}
