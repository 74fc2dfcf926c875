"""How the processes of a training are started: by torchrun here, by srun on the nodes of a job."""

import pytest

from mintza.errors import MissingPart
from mintza.train.launch import srun, starter_of
from mintza.train.settings import LaunchSettings, SlurmLaunch
from mintza.train.torch_team import called_by_srun

JOB = {"SLURM_JOB_ID": "7", "SLURM_JOB_NUM_NODES": "2", "SLURM_CPUS_PER_TASK": "32", "SLURM_GPUS_ON_NODE": "4"}


def test_a_process_a_gpu_is_started_on_every_node_of_the_job_and_the_cores_are_shared_out() -> None:
    start = srun(SlurmLaunch(), JOB)
    assert {"--nodes=2", "--ntasks=8", "--ntasks-per-node=4", "--cpus-per-task=8"} <= set(start.command)
    assert start.environment["MASTER_PORT"].isdecimal()


def test_where_there_is_no_gpu_a_node_has_one_process_unless_the_study_says_otherwise() -> None:
    bare = {name: value for name, value in JOB.items() if name != "SLURM_GPUS_ON_NODE"}
    assert "--ntasks=2" in srun(SlurmLaunch(), bare).command
    assert "--ntasks=6" in srun(SlurmLaunch(per_node=3), bare).command


def test_outside_a_job_there_is_nothing_to_start_by_srun() -> None:
    with pytest.raises(MissingPart, match="no job of Slurm") as told:
        srun(SlurmLaunch(), {})
    assert "mintza submit" in told.value.remedy


def test_the_runs_own_process_trains_where_nothing_is_said() -> None:
    assert starter_of(LaunchSettings()) is None
    assert starter_of(LaunchSettings(processes=1)) is None


def test_a_process_that_srun_started_takes_its_number_from_it_and_one_of_torchruns_does_not() -> None:
    told = {"SLURM_PROCID": "3", "SLURM_NTASKS": "4", "SLURM_LOCALID": "1", "MASTER_ADDR": "n1"}
    by_srun = dict(told)
    called_by_srun(by_srun)
    assert (by_srun["RANK"], by_srun["WORLD_SIZE"], by_srun["LOCAL_RANK"]) == ("3", "4", "1")
    by_torchrun = {**told, "RANK": "0", "WORLD_SIZE": "2"}
    called_by_srun(by_torchrun)
    assert (by_torchrun["RANK"], by_torchrun["WORLD_SIZE"]) == ("0", "2")
    in_a_batch_script = {name: value for name, value in told.items() if name != "MASTER_ADDR"}
    called_by_srun(in_a_batch_script)
    assert "RANK" not in in_a_batch_script
