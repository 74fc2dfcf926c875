"""The demo study by `mintza submit` on a real Slurm of two virtual nodes, compared with the same study run here, artifact by artifact.

Needs what the tests of tests/cluster need (root, slurm-wlm, munge) and a demo that was run here: `make demo` first. Nothing of
its store is changed: the cluster has a store of its own, empty.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster.slurm import Slurm
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import states
from mintza.records import Artifact, Finding, Measurement
from mintza.store import Store
from mintza.study import load

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "studies" / "demo.yaml"
MINTZA = [sys.executable, "-m", "mintza.cli"]
CPUS = 2
"""Of each node, and of each job: the local run had two cores, and sums over another number of threads round otherwise."""

HEAVY = ("sample", "translate", "weights", "train", "answer")
"""Stages that take all cores of this machine: one such job at a time, on whichever node. Engines of two that share cores stand still."""
ROUNDS = 3
"""Of submission; the second has nothing to submit, unless a job failed."""


class Made:
    """What a study came to in its store."""

    def __init__(self, study: Path) -> None:
        self.plan: Plan = make_plan(load(study))
        self.store = Store(self.plan.study.store)
        found = states(self.plan, self.store)
        self.keys = {name: state.key for name, state in found.items()}
        self.artifacts: dict[str, Artifact] = {
            name: s.artifact for name, s in found.items() if s.complete and s.artifact
        }

    def files(self, name: str) -> dict[str, str]:
        """Path -> sha256 of every file of an artifact, without its manifest, in which times stand."""
        folder = self.store.folder(self.artifacts[name].stage, self.artifacts[name].key)
        paths = sorted(path for path in folder.rglob("*") if path.is_file() and path != folder / "manifest.json")
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}

    def measurements(self) -> dict[tuple[str, ...], Measurement]:
        """Every measurement by what it is of."""
        every = (
            one
            for artifact in self.artifacts.values()
            if artifact.stage == "measure"
            for one in self.store.read(artifact, Measurement)
        )
        return {(m.model, m.exam, m.language, m.metric, m.protocol, str(m.template)): m for m in every}

    def findings(self) -> list[Finding]:
        """The report's answers."""
        return list(self.store.read(self.artifacts["report"], Finding)) if "report" in self.artifacts else []


def linked(folder: Path) -> Path:
    """Where a copy of the demo's study goes, in a folder of its own; what the study may read beside itself is linked."""
    studies = folder / "main" / "studies"
    studies.mkdir(parents=True)
    if (ROOT.parent / "shared").is_dir():
        (folder / "shared").symlink_to(ROOT.parent / "shared")
    return studies / DEMO.name


def on_slurm(folder: Path, *, answers_of: Store | None) -> Path:
    """The demo with a profile of the virtual cluster. answers_of: a store whose models' answers are given to this one's."""
    study = linked(folder)
    asks = {"cpus": CPUS, "memory": "6G", "time": "3h"}
    alone = {stage: {"options": ["--licenses=cores"]} for stage in HEAVY}
    profile = {"resources": asks, "stages": alone, "grace_seconds": 60}
    study.with_name("site.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    said = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    said["execution"] = {**said.get("execution", {}), "store": "../store", "cluster": {"profile": "site.yaml"}}
    study.write_text(yaml.safe_dump(said, sort_keys=False, allow_unicode=True), encoding="utf-8")
    if answers_of is not None:
        shutil.copytree(answers_of.root / "journals", folder / "main" / "store" / "journals")
    return study


def compared(here: Made, there: Made) -> Iterator[str]:
    """What is alike and what is not, in lines for people; the last says whether the targets are met."""
    names = list(here.keys)
    keys = [name for name in names if here.keys[name] == there.keys.get(name)]
    both = [name for name in names if name in here.artifacts and name in there.artifacts]
    alike = {
        name
        for name in both
        if here.artifacts[name].content_sha256 == there.artifacts[name].content_sha256
        and here.files(name) == there.files(name)
    }
    yield f"artifacts: {len(here.artifacts)} here, {len(there.artifacts)} on Slurm; the same key: {len(keys)} of {len(names)}"
    every, same = (
        Counter(here.plan.nodes[n].stage.name for n in names),
        Counter(here.plan.nodes[n].stage.name for n in alike),
    )
    yield "the same bytes: " + ", ".join(f"{stage} {same[stage]} of {count}" for stage, count in every.items())
    for name in both:
        if name not in alike and all(parent in alike for parent in here.plan.nodes[name].parents):
            mine, theirs = here.files(name), there.files(name)
            other = [path for path in sorted({*mine, *theirs}) if mine.get(path) != theirs.get(path)]
            asks = "it asks a model" if here.plan.nodes[name].asks else "of the same parents"
            yield f"  first to differ, {asks}: {name}: {', '.join(other[:4])}"
    files = sum(len(here.files(name)) for name in alike)
    yield f"files with the same sha256: {files} of {sum(len(here.files(name)) for name in both)}"
    yield from _numbers(here, there)


def _numbers(here: Made, there: Made) -> Iterator[str]:
    mine, theirs = here.measurements(), there.measurements()
    equal = [key for key in mine if key in theirs and mine[key] == theirs[key]]
    yield f"measurements equal to the last bit: {len(equal)} of {len(mine)} here and {len(theirs)} there"
    apart = sorted(((abs(mine[k].value - theirs[k].value), k) for k in mine.keys() & theirs.keys()), reverse=True)
    for difference, key in [one for one in apart if one[0] > 0][:5]:
        yield f"  {' '.join(key[:4])}: {mine[key].value:.6f} and {theirs[key].value:.6f}, {difference:.2e} apart"
    said, told = here.findings(), there.findings()
    yield f"the report's answers: {len(said)} here, {len(told)} there, equal: {sum(a == b for a, b in zip(said, told, strict=False))}"


def odd(slurm: Slurm) -> Iterator[str]:
    """Jobs that did not end well: what Slurm knows of each, and what slurmctld wrote of it."""
    written = (slurm.folder / "logs" / "slurmctld").read_text(encoding="utf-8", errors="replace").splitlines()
    for job, state in slurm.jobs().items():
        if state != "COMPLETED":
            told = slurm.run("scontrol", "show", "job", job).stdout.split()
            kept = ("JobName=", "JobState=", "Reason=", "ExitCode=", "Restarts=", "RunTime=", "StartTime=", "EndTime=")
            yield f"job {job}: {' '.join(word for word in told if word.startswith(kept))}"
            yield from (f"  {line}" for line in written if f"JobId={job} " in f"{line} ".replace(":", " "))


def demo(folder: Path, *, answers: bool) -> int:
    """Submit, wait, compare; 1 when a key or a number is another. answers: models' answers are those of the run here."""
    here = Made(DEMO)
    if len(here.artifacts) < len(here.keys):
        print(f"the demo is not complete here ({len(here.artifacts)} of {len(here.keys)}): make demo")
        return 1
    study = on_slurm(folder, answers_of=here.store if answers else None)
    began = time.monotonic()
    with Slurm(folder / "s", cpus=CPUS, memory_mb=7000, patience_s=120, licenses="cores:1") as slurm:
        for _ in range(ROUNDS):
            told = slurm.run(*MINTZA, "submit", str(study))
            (said,) = [line for line in told.stdout.splitlines() if " submitted, " in line] or [told.stderr]
            print(said, flush=True)
            if told.returncode or said.startswith("0 "):
                break
            while {"PENDING", "RUNNING", "COMPLETING"} & set(slurm.jobs().values()):
                time.sleep(3)
            ended = dict(Counter(slurm.jobs().values()))
            print(f"idle after {time.monotonic() - began:.0f} s; jobs: {ended}", flush=True)
            print(*odd(slurm), sep="\n", flush=True)
        print(slurm.run(*MINTZA, "status", str(study)).stdout)
    there = Made(study)
    for line in compared(here, there):
        print(line)
    whole = here.keys == there.keys and len(there.artifacts) == len(here.artifacts)
    return 0 if whole and here.measurements() == there.measurements() and here.findings() == there.findings() else 1
