"""Slurm's commands without a cluster behind them: said in words, and what may run here does."""

from pathlib import Path

import pytest
import yaml

from mintza.cluster.processes import Processes
from mintza.cluster.slurm import ClusterError, NoCluster, Slurm
from mintza.pipeline.plan import Plan, make_plan
from mintza.store import Store
from mintza.study import load
from mintza.terminal.asking_served import starter_of

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"
NOT_CONFIGURED = (
    "squeue: error: fetch_config: DNS SRV lookup failed\nsqueue: fatal: Could not establish a configuration source\n"
)
AWAY = "slurm_load_jobs error: Unable to contact slurm controller (connect failure)\n"
REFUSED = "squeue: error: Invalid user: nobody\n"


def slurm_that_says(words: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """sbatch and squeue that only complain."""
    (folder / "bin").mkdir()
    (folder / "words").write_text(words, encoding="utf-8")
    for name in ("sbatch", "squeue"):
        (folder / "bin" / name).write_text(f"#!/bin/sh\ncat '{folder}/words' >&2\nexit 1\n", encoding="utf-8")
        (folder / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder / 'bin'}:/usr/bin:/bin")
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)


def plan(folder: Path, **cluster: object) -> Plan:
    said = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    said["execution"] = {"store": "store", **({"cluster": cluster} if cluster else {})}
    (folder / "study.yaml").write_text(yaml.safe_dump(said), encoding="utf-8")
    return make_plan(load(folder / "study.yaml"))


@pytest.mark.parametrize(
    ("words", "says"),
    [(NOT_CONFIGURED, "Could not establish a configuration source"), (AWAY, "Unable to contact slurm controller")],
)
def test_where_no_cluster_answers_the_remedy_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, says: str
) -> None:
    slurm_that_says(words, tmp_path, monkeypatch)
    with pytest.raises(NoCluster) as refused:
        Slurm().jobs(["mintza"])
    assert refused.value.message.startswith("no cluster answers: ")
    assert says in refused.value.message
    assert "mintza run STUDY" in refused.value.remedy


def test_a_cluster_that_refuses_is_no_missing_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm_that_says(REFUSED, tmp_path, monkeypatch)
    with pytest.raises(ClusterError, match="Invalid user: nobody") as refused:
        Slurm().jobs(["mintza"])
    assert not isinstance(refused.value, NoCluster)


def test_a_model_is_served_by_this_machine_where_no_cluster_answers_and_none_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm_that_says(NOT_CONFIGURED, tmp_path, monkeypatch)
    made, said = plan(tmp_path), list[str]()
    starter = starter_of(made, Store(made.study.store), for_long=True, say=said.append)
    assert isinstance(starter, Processes)
    assert said == [
        "Slurm is installed here and no cluster answers: Could not establish a configuration source; this machine serves"
    ]


def test_a_study_that_asks_for_a_cluster_that_does_not_answer_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slurm_that_says(NOT_CONFIGURED, tmp_path, monkeypatch)
    made = plan(tmp_path, profile="slurm")
    with pytest.raises(NoCluster, match="no cluster answers"):
        starter_of(made, Store(made.study.store), for_long=True)


def test_a_profile_of_this_machine_asks_no_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slurm_that_says(NOT_CONFIGURED, tmp_path, monkeypatch)
    made = plan(tmp_path, profile="local")
    assert isinstance(starter_of(made, Store(made.study.store), for_long=True), Processes)
