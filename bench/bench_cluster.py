"""The plan of a large study, and its submission to a real Slurm of virtual nodes (root, slurm-wlm, munge): seconds, memory."""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster_demo import demo

from cluster.slurm import Slurm, ended_by_sigterm, missing
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import keys
from mintza.study import load
from tiny import SETTINGS, write_study

COMPONENTS = {
    "corpus": {"kind": "corpus"},
    "sampled": {"kind": "sampled", "language": "eng_Latn"},
    "translated": {"kind": "translated", "of": "sampled"},
}
MIXTURES = [
    *("corpus", "sampled", "translated", "corpus+sampled", "corpus+translated"),
    *("sampled+translated", "corpus+sampled+translated"),
]


EXAMS, ITEMS = 30, 500
MINTZA = [sys.executable, "-m", "mintza.cli"]


def exams(folder: Path) -> dict[str, Any]:
    """So many exams of so many questions, in two languages, beside the study."""
    (folder / "exams").mkdir(parents=True)
    languages = {"eus_Latn": ("Galdera:", "Erantzuna:"), "eng_Latn": ("Question:", "Answer:")}
    names = [f"exam{number:02}" for number in range(EXAMS)]
    for name in names:
        told: dict[str, Any] = {"name": name, "title": name, "category": "knowledge", "license": "CC0-1.0"}
        told |= {"citation": None, "metric": "acc", "shots": 0, "note": None, "languages": {}}
        for code, (question, answer) in languages.items():
            rows = (
                {"id": f"{n}", "question": f"{name} {n} {code}?", "choices": ["a", "b", "c", "d"], "answer": n % 4}
                for n in range(ITEMS)
            )
            path = folder / "exams" / f"{name}.{code}.jsonl"
            path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
            told["languages"][code] = {"kind": "file", "path": path.name, "question": question, "answer": answer}
        (folder / "exams" / f"{name}.yaml").write_text(yaml.safe_dump(told), encoding="utf-8")
    return {"take": {name: {} for name in names}, "definitions": [f"exams/{name}.yaml" for name in names]}


def large(folder: Path) -> Path:
    """3 backbones x 7 mixtures x 5 seeds x 30 exams."""
    backbones = {f"tiny{i}": {**SETTINGS["backbones"]["tiny"]} for i in range(3)}
    return write_study(
        folder,
        backbones=backbones,
        components=COMPONENTS,
        exams=exams(folder),
        tables={"main": {"backbones": list(backbones), "mixtures": MIXTURES, "seeds": [1, 2, 3, 4, 5]}},
        execution={"store": "store", "cluster": {"profile": "site.yaml"}},
    )


def timed(command: list[str], environment: dict[str, str] | None = None) -> tuple[float, str]:
    """Seconds of a command, and what it printed."""
    began = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    if done.returncode:
        sys.exit(done.stderr)
    return time.monotonic() - began, done.stdout


WEIGHED = """
import resource, subprocess, sys
done = subprocess.run(sys.argv[1:])
spent = resource.getrusage(resource.RUSAGE_CHILDREN)
print(f"\\n{spent.ru_utime + spent.ru_stime} {spent.ru_maxrss / 1024}")
sys.exit(done.returncode)
"""
"""Runs a command from a small process: what a large one starts is counted from its own memory on."""


class Weighed(NamedTuple):
    """seconds: of the clock.  cpu: seconds of the processor.  megabytes: at most.  said: what it printed."""

    seconds: float
    cpu: float
    megabytes: float
    said: str


def weighed(command: list[str], environment: dict[str, str] | None = None) -> Weighed:
    """What a command costs."""
    seconds, told = timed([sys.executable, "-c", WEIGHED, *command], environment)
    said, _, last = told.rstrip("\n").rpartition("\n")
    cpu, megabytes = map(float, last.split())
    return Weighed(seconds, cpu, megabytes, said)


def a_job_with_nothing_to_do(study: Path) -> None:
    """What a job costs beside its stage: it reads the study, plans it whole, finds its artifact, and ends."""
    timed([*MINTZA, "run", str(study), "--only", "corpus"])
    key = keys(make_plan(load(study)))["corpus"]
    spent = [weighed([*MINTZA, "run", str(study), "--only", "corpus", "--alone", key]).cpu for _ in range(5)]
    print(f"a job that has nothing to do: {min(spent):.2f} s of CPU (target 1 s a job)")


def over_the_limit(folder: Path, slurm: Slurm) -> None:
    """A stage that takes longer than its job may: told to save by Slurm itself, queued again, until it is whole."""
    profile = {"resources": {"cpus": 1, "memory": "500M", "time": "2m"}, "grace_seconds": 20}
    sample = {**SETTINGS["instruct"]["sample"], "conversations": 12, "execution": {"wave": 4}}
    execution = {"store": "store", "threads": 1, "cluster": {"profile": "site.yaml"}}
    study = write_study(folder, delay_s=10.0, instruct={"sample": sample}, execution=execution)
    (folder / "site.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
    began = time.monotonic()
    timed([*MINTZA, "submit", str(study), "--only", "sample"], slurm.environment)

    waiting = set(slurm.jobs())

    def ended() -> bool:
        for job, state in slurm.jobs().items():
            # Once each time that it was queued again: to ask at every look would put its start off for ever.
            if state == "PENDING" and job not in waiting:
                slurm.hasten(job)
            (waiting.add if state == "PENDING" else waiting.discard)(job)
        return bool(list((folder / "store" / "artifacts" / "sample").glob("*/manifest.json")))

    slurm.wait(ended, "the stage", 1800)
    asked = (folder / "requests.log").read_text(encoding="utf-8").splitlines()
    runs = len(list((folder / "store" / "cluster" / "notes").glob("*.json")))
    print(
        f"over its time limit of 2 min: whole after {runs} runs of its job, {time.monotonic() - began:.0f} s; "
        f"{len(asked)} requests, {len(asked) - len(set(asked))} of them twice (in flight when it was told to save)"
    )


def main() -> None:
    """Print the table; with `--demo`, the comparison of the demo instead (`--demo --answers`: with the same answers of models)."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # as people run it: a start compiles nothing that is known
    if "--demo" in sys.argv:
        with tempfile.TemporaryDirectory(prefix="bench") as name:
            sys.exit(demo(Path(name), answers="--answers" in sys.argv))
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        study = large(folder / "study")
        profile = {"resources": {"cpus": 1, "memory": "100M", "time": "10m"}}
        (study.parent / "site.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
        planned = weighed([*MINTZA, "plan", str(study)])
        print(
            f"plan, 3 backbones x 7 mixtures x 5 seeds x {EXAMS} exams of {ITEMS}: {planned.seconds:.2f} s"
            f" ({planned.cpu:.2f} s of CPU), {planned.megabytes:.0f} MB (targets 5 s, 500 MB)"
        )
        print(next(line for line in planned.said.splitlines() if "artifacts done" in line))
        a_job_with_nothing_to_do(study)
        if missing():
            print(f"submit: not measured, there is no {', '.join(missing())}")
            return
        with Slurm(folder / "s") as slurm:
            slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=DRAIN", "Reason=bench")
            sent = weighed([*MINTZA, "submit", str(study)], slurm.environment)
            count = sent.said.count("submitted ")
            print(
                f"submit: {count} jobs in {sent.seconds:.1f} s ({sent.cpu:.1f} s of CPU), {1000 * sent.seconds / count:.0f} ms a job"
                " (target: 200 in 20 s)"
            )
            seconds, _ = timed([*MINTZA, "submit", str(study)], slurm.environment)
            print(f"submit again: {seconds:.1f} s, nothing to do")
            seconds, _ = timed([*MINTZA, "status", str(study)], slurm.environment)
            print(f"status: {seconds:.1f} s")
            timed([*MINTZA, "cancel", str(study), "--yes"], slurm.environment)
            slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=RESUME")
            over_the_limit(folder / "limit", slurm)
    shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    with ended_by_sigterm():
        main()
