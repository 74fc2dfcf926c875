"""Training in processes of their own: torchrun or srun starts them, the run follows the curve that they write."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from mintza.errors import MissingPart, Stopped, TrainingError
from mintza.progress import Progress
from mintza.records import TrainingStep
from mintza.train.curve import CURVE, whole_lines
from mintza.train.job import JOB, OUTCOME, PROGRESS, STOP, Job, Outcome, raise_if_failed, read_progress, write
from mintza.train.settings import LaunchSettings, SlurmLaunch

PAUSE_S = 0.2
GRACE_S = 600.0
"""How long processes that were asked to stop may take for their step and its checkpoint."""


class Starter(NamedTuple):
    """Who starts the processes. log: name of what they print, in the workspace.  again: whether one that ended without a word,
    after it had learned, is worth another try by itself: a node may have died.
    """

    command: list[str]
    environment: dict[str, str]
    log: str
    again: bool


def starter_of(launch: LaunchSettings) -> Starter | None:
    """Who starts the processes of a training; None when it is the run's own process that trains.

    Raises MissingPart for srun outside a job of Slurm.
    """
    if launch.slurm is not None:
        return srun(launch.slurm, os.environ)
    if launch.torchrun is not None:
        return Starter(torchrun(launch.torchrun), {}, "torchrun.log", again=False)
    return None


def launched(
    job: Job, start: Starter, *, progress: Progress, asked_to_stop: Callable[[], bool]
) -> Iterator[TrainingStep]:
    """Train in processes that `start` starts, and then yield every step once, in order.

    Raises what their first process raised (Stopped or TrainingError), or TrainingError when they ended without a word; Stopped
    when they did so after some steps and may be started again.
    """
    workspace = Path(job.workspace)
    for old in (OUTCOME, STOP, PROGRESS):
        (workspace / old).unlink(missing_ok=True)
    write(workspace / JOB, job)
    log = workspace / start.log
    with log.open("wb") as said:
        command = [*start.command, "-m", "mintza.train.worker", str(workspace / JOB)]
        child = subprocess.Popen(
            command, stdout=said, stderr=subprocess.STDOUT, env={**os.environ, **start.environment}
        )
        try:
            learned = _follow(child, workspace, progress, asked_to_stop)
        finally:
            _end(child, workspace)
    outcome = _outcome(workspace)
    if outcome is None:
        kind = Stopped if start.again and learned else TrainingError
        raise kind(
            f"the processes ended with code {child.returncode} and without a word",
            place=str(log),
            remedy="look at that file's end; run again, and it goes on from the last checkpoint",
        )
    raise_if_failed(outcome)
    for line in whole_lines(workspace / CURVE):
        yield msgspec.json.decode(line, type=TrainingStep)


def torchrun(processes: int) -> list[str]:
    """The command that starts so many processes here; they find each other over the loopback."""
    return [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]


def srun(launch: SlurmLaunch, told: Mapping[str, str]) -> Starter:
    """The command that starts processes on all nodes of this job; they meet on its first node, which is the one this runs on.

    told: the environment of a job. Raises MissingPart outside a job.
    """
    if "SLURM_JOB_ID" not in told:
        raise MissingPart(
            "training is to be started by srun on the nodes of a job, and this is no job of Slurm",
            place="train.execution.launch",
            remedy="run: mintza submit STUDY; or say `launch: {torchrun: N}` to train on this machine",
        )
    nodes = int(told.get("SLURM_JOB_NUM_NODES") or told.get("SLURM_NNODES") or 1)
    of_each = launch.per_node or int(told.get("SLURM_GPUS_ON_NODE") or 1)
    cores = int(told.get("SLURM_CPUS_PER_TASK") or told.get("SLURM_CPUS_ON_NODE") or of_each)
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    command = ["srun", f"--nodes={nodes}", f"--ntasks={nodes * of_each}", f"--ntasks-per-node={of_each}"]
    command += [f"--cpus-per-task={max(1, cores // of_each)}", "--kill-on-bad-exit=1", "--unbuffered", sys.executable]
    meeting = {"MASTER_ADDR": socket.gethostname(), "MASTER_PORT": str(port)}
    return Starter(command, meeting, "srun.log", again=True)


def _follow(
    child: subprocess.Popen[bytes], workspace: Path, progress: Progress, asked_to_stop: Callable[[], bool]
) -> bool:
    """Pass on what the first process says of its progress, and the wish to stop, until the processes end.

    Gives whether they came further than where they took up.
    """
    told = 0
    reached: set[int] = set()
    running = True
    while running:
        running = child.poll() is None
        if asked_to_stop():
            (workspace / STOP).touch()
        for said in read_progress(workspace / PROGRESS, told):
            told += 1
            reached.add(said.done)
            progress(said.done, said.total, said.note)
        if running:
            time.sleep(PAUSE_S)
    return len(reached - {0}) > 1


def _end(child: subprocess.Popen[bytes], workspace: Path) -> None:
    """Ask processes that still run to stop, and wait; after a grace, end them."""
    if child.poll() is not None:
        return
    (workspace / STOP).touch()
    try:
        child.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        child.terminate()
        child.wait()


def _outcome(workspace: Path) -> Outcome | None:
    try:
        return msgspec.json.decode((workspace / OUTCOME).read_bytes(), type=Outcome)
    except (OSError, msgspec.DecodeError):
        return None
