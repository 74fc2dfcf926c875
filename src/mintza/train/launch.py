"""Training in processes of their own: torchrun starts them, the run follows the curve that they write."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from mintza.errors import TrainingError
from mintza.progress import Progress
from mintza.records import TrainingStep
from mintza.train.curve import CURVE, whole_lines
from mintza.train.job import JOB, OUTCOME, PROGRESS, STOP, Job, Outcome, raise_if_failed, read_progress, write

PAUSE_S = 0.2
GRACE_S = 600.0
"""How long processes that were asked to stop may take for their step and its checkpoint."""


def launched(
    job: Job, processes: int, *, progress: Progress, asked_to_stop: Callable[[], bool]
) -> Iterator[TrainingStep]:
    """Train in so many processes on this machine, and then yield every step once, in order.

    Raises what their first process raised (Stopped or TrainingError), or TrainingError when they ended without a word.
    """
    workspace = Path(job.workspace)
    for old in (OUTCOME, STOP, PROGRESS):
        (workspace / old).unlink(missing_ok=True)
    write(workspace / JOB, job)
    log = workspace / "torchrun.log"
    with log.open("wb") as said:
        command = [*torchrun(processes), "-m", "mintza.train.worker", str(workspace / JOB)]
        child = subprocess.Popen(command, stdout=said, stderr=subprocess.STDOUT)
        try:
            _follow(child, workspace, progress, asked_to_stop)
        finally:
            _end(child, workspace)
    outcome = _outcome(workspace)
    if outcome is None:
        raise TrainingError(
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


def _follow(
    child: subprocess.Popen[bytes], workspace: Path, progress: Progress, asked_to_stop: Callable[[], bool]
) -> None:
    """Pass on what the first process says of its progress, and the wish to stop, until the processes end."""
    told = 0
    running = True
    while running:
        running = child.poll() is None
        if asked_to_stop():
            (workspace / STOP).touch()
        for said in read_progress(workspace / PROGRESS, told):
            told += 1
            progress(said.done, said.total, said.note)
        if running:
            time.sleep(PAUSE_S)


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
