"""The plan of a large study, and its submission to a real Slurm of virtual nodes (root, slurm-wlm, munge): seconds, memory."""

from __future__ import annotations

import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from cluster.slurm import Slurm, missing
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


def large(folder: Path) -> Path:
    """3 backbones x 7 mixtures x 5 seeds; exams of a study are one artifact, so that their number bears on nothing here."""
    backbones = {f"tiny{i}": {**SETTINGS["backbones"]["tiny"]} for i in range(3)}
    return write_study(
        folder,
        backbones=backbones,
        components=COMPONENTS,
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


def main() -> None:
    """Print the table."""
    print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="bench") as name:
        folder = Path(name)
        study = large(folder / "study")
        profile = {"resources": {"cpus": 1, "memory": "100M", "time": "10m"}}
        (study.parent / "site.yaml").write_text(yaml.safe_dump(profile), encoding="utf-8")
        mintza = [sys.executable, "-m", "mintza.cli"]
        seconds, told = timed([*mintza, "plan", str(study)])
        memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        print(f"plan, 3 backbones x 7 mixtures x 5 seeds: {seconds:.2f} s, {memory:.0f} MB (targets 5 s, 500 MB)")
        print(next(line for line in told.splitlines() if "artifacts done" in line))
        if missing():
            print(f"submit: not measured, there is no {', '.join(missing())}")
            return
        with Slurm(folder / "s") as slurm:
            slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=DRAIN", "Reason=bench")
            seconds, told = timed([*mintza, "submit", str(study)], slurm.environment)
            count = told.count("submitted ")
            print(
                f"submit: {count} jobs in {seconds:.1f} s, {1000 * seconds / count:.0f} ms a job (target: 200 in 20 s)"
            )
            seconds, _ = timed([*mintza, "submit", str(study)], slurm.environment)
            print(f"submit again: {seconds:.1f} s, nothing to do")
            seconds, _ = timed([*mintza, "status", str(study)], slurm.environment)
            print(f"status: {seconds:.1f} s")
    shutil.rmtree(name, ignore_errors=True)


if __name__ == "__main__":
    main()
