"""Slurm, by its own commands. squeue and scontrol are always there; sacct only where the site keeps accounts."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from mintza.errors import MintzaError, MissingPart

ENDED_WELL = "COMPLETED"
NEVER = "DependencyNeverSatisfied"
"""The reason of a job that waits, or waited, for one that did not end well."""
LIVE = {
    "PENDING",
    "RUNNING",
    "CONFIGURING",
    "COMPLETING",
    "REQUEUED",
    "RESIZING",
    "SUSPENDED",
    "SIGNALING",
    "STAGE_OUT",
}
NAMES_A_CALL = 400
PATIENCE_SECONDS = 120.0


class ClusterError(MintzaError):
    """Slurm refused or did not answer."""


class NoCluster(ClusterError):
    """Slurm's commands are here, and no cluster answers them."""


@dataclass(frozen=True)
class Job:
    """A job as squeue or sacct has it. id; name; state: Slurm's word.  reason: why it waits or why it ended.

    elapsed: seconds that it has run.  left: seconds to its limit, None without one.  nodes: where it runs, Slurm's way of writing.
    """

    id: str
    name: str
    state: str
    reason: str
    elapsed: int
    left: int | None
    nodes: str

    @property
    def live(self) -> bool:
        """Whether it runs or will run."""
        return self.state in LIVE


_NOBODY = ("configuration source", "unable to contact slurm controller", "fetch_config", "communication connection")
"""What Slurm's commands say, in small letters, where nothing is configured or slurmctld is away."""


class Scheduler(Protocol):
    """What `submit`, `status` and `cancel` need of a scheduler."""

    def jobs(self, names: Sequence[str]) -> list[Job]:
        """Jobs of these names that it still knows, the latest of a name last."""
        ...

    def submit(self, script: str, options: Sequence[str]) -> str:
        """Queue a script; gives the job's id."""
        ...

    def cancel(self, ids: Sequence[str]) -> None:
        """Take jobs out of the queue, or stop them."""
        ...


class Slurm:
    """The Slurm of this machine, or the one that SLURM_CONF names. Raises MissingPart when there is none."""

    def __init__(self) -> None:
        if not shutil.which("sbatch"):
            raise MissingPart(
                "there is no Slurm here (no `sbatch` in the PATH)",
                remedy="run this on a login node of the cluster, or run the study here: `mintza run STUDY`",
            )

    def jobs(self, names: Sequence[str]) -> list[Job]:
        """See Scheduler. Those that ended are known as long as slurmctld remembers them, or sacct where it is on."""
        fields = "%i|%j|%T|%r|%M|%L|%N"
        found: dict[str, Job] = {}
        for some in _chunks(names):
            told = _asked("squeue", "--noheader", "--states=all", f"--name={','.join(some)}", f"--format={fields}")
            found |= {job.id: job for job in map(_job, told.splitlines()) if job}
            for job in self._accounted(some):
                found.setdefault(job.id, job)
        return sorted(found.values(), key=lambda job: _number(job.id))

    def submit(self, script: str, options: Sequence[str]) -> str:
        """See Scheduler. Raises ClusterError with sbatch's own words."""
        # From within a job: what that job was given must not become what the new one asks for.
        clean = {name: value for name, value in os.environ.items() if not _of_a_job(name)}
        return _asked("sbatch", "--parsable", *options, given=script, environment=clean).strip().partition(";")[0]

    def cancel(self, ids: Sequence[str]) -> None:
        """See Scheduler. A job that has ended already is no error."""
        for some in _chunks(ids):
            _asked("scancel", *some)

    def _accounted(self, names: Sequence[str]) -> Iterator[Job]:
        """What sacct knows; nothing where accounting is off or sacct absent."""
        if not shutil.which("sacct"):
            return
        fields = "JobIDRaw,JobName,State,Reason,ElapsedRaw,NodeList"
        command = ["sacct", "--noheader", "--parsable2", "--allocations", f"--name={','.join(names)}"]
        try:
            done = subprocess.run(
                [*command, f"--format={fields}", "--starttime=now-30days"],
                capture_output=True,
                text=True,
                timeout=PATIENCE_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return
        for line in done.stdout.splitlines() if done.returncode == 0 else ():
            parts = line.split("|")
            if len(parts) == 6:
                state = parts[2].split()[0].rstrip("+")
                elapsed = int(parts[4]) if parts[4].isdigit() else 0
                yield Job(parts[0], parts[1], state, parts[3], elapsed, None, parts[5])


def seconds(written: str) -> int | None:
    """Seconds of Slurm's `1-02:03:04` or `02:03`; None of `UNLIMITED`, `INVALID`, `NOT_SET`."""
    days, _, rest = written.rpartition("-")
    try:
        parts = [int(part) for part in rest.split(":")]
        total = 0
        for part in parts:
            total = total * 60 + part
        return total + int(days or 0) * 86400
    except ValueError:
        return None


def _job(line: str) -> Job | None:
    parts = line.split("|")
    if len(parts) != 7:
        return None
    return Job(parts[0], parts[1], parts[2], parts[3], seconds(parts[4]) or 0, seconds(parts[5]), parts[6])


def _number(job: str) -> int:
    return int(job.partition("_")[0])


def _chunks(names: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(names), NAMES_A_CALL):
        yield names[start : start + NAMES_A_CALL]


def _plain(words: str, command: str) -> str:
    """What a command of Slurm said, without its name before every line."""
    lines = [line.removeprefix(f"{command}: ").removeprefix("error: ").strip() for line in words.splitlines()]
    return "; ".join(line for line in lines if line)


def _last(words: str) -> str:
    """The last of several complaints: what those before it came to."""
    return words.rpartition("; ")[2].removeprefix("fatal: ")


def _of_a_job(name: str) -> bool:
    return "SLURM_JOB_ID" in os.environ and name.startswith("SLURM_") and name != "SLURM_CONF"


def _asked(*command: str, given: str | None = None, environment: Mapping[str, str] | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            input=given,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        raise NoCluster(
            f"no answer within {PATIENCE_SECONDS:.0f} s",
            place=command[0],
            remedy="see with `sinfo` whether slurmctld is up, then run the same command again: nothing is submitted twice",
        ) from None
    if done.returncode != 0 and any(words in done.stderr.lower() for words in _NOBODY):
        raise NoCluster(
            f"no cluster answers: {_last(_plain(done.stderr, command[0]))}",
            place=command[0],
            remedy="see with `sinfo` whether slurmctld is up, then run the same command again; where there is no cluster,"
            " run the study here: `mintza run STUDY`, and say so in it: `execution: {cluster: {profile: local}}`",
        )
    if done.returncode != 0:
        raise ClusterError(
            _plain(done.stderr, command[0]) or f"it ended with {done.returncode}",
            place=command[0],
            remedy="mend what Slurm names (partition, account, limits: `execution: {cluster: ...}` in the study or its profile),"
            " then run the same command again: nothing is submitted twice",
        )
    return done.stdout
