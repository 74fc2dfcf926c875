"""The commands of the guide's page on clusters, typed on a real Slurm."""

import sys
from pathlib import Path

import yaml

from cluster.slurm import Slurm
from docs.shell import ROOT, shown, words
from tiny import write_study

PAGE = ROOT / "docs" / "guide" / "cluster.md"
PROFILE = {"resources": {"cpus": 1, "memory": "500M", "time": "10m"}, "grace_seconds": 30}


def test_every_command_of_the_page_does_what_it_says(slurm: Slurm, tmp_path: Path) -> None:
    slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=DRAIN", "Reason=test")
    (tmp_path / "site.yaml").write_text(yaml.safe_dump(PROFILE), encoding="utf-8")
    execution = {"store": "store", "threads": 1, "cluster": {"profile": "site.yaml"}}
    study = write_study(tmp_path, execution=execution)
    known = {"studies/basque.yaml": str(study), "train/llama.corpus.s33": "train/tiny.corpus.s1"}
    known["plan.svg"] = str(tmp_path / "plan.svg")
    said: list[tuple[str, int, str]] = []
    for one in shown(PAGE):
        typed = [known.get(word, word) for word in words(one.text)]
        if one.whole and typed[1] in ("submit", "status", "cancel"):
            more = ["--yes"] if typed[1] == "cancel" else []  # what a person is asked
            done = slurm.run(sys.executable, "-m", "mintza.cli", *typed[1:], *more)
            said.append((" ".join(typed[1:]), done.returncode, done.stdout + done.stderr))
    assert [code for _, code, _ in said] == [0, 0, 0, 0], said
    dry, submitted, status, cancelled = (output for _, _, output in said)
    assert "19 jobs would be submitted, 0 in the queue already, 0 of 19 artifacts complete" in dry
    assert "<svg" in (tmp_path / "plan.svg").read_text(encoding="utf-8")
    assert "19 jobs submitted" in submitted
    assert "19 waiting" in status
    assert "1 job cancelled" in cancelled
    slurm.run(sys.executable, "-m", "mintza.cli", "cancel", str(study), "--yes")
    slurm.run("scontrol", "update", "NodeName=n[1-2]", "State=RESUME")
