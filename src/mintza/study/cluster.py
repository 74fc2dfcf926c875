"""What a study may say of the cluster that it runs on, and what a profile of a cluster says: data, no site's name in the code."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from mintza.settings import Settings

SLURM_TIME = re.compile(r"(?:\d+-)?\d+(?::\d\d){0,2}")
SHORT_TIME = re.compile(r"(\d+)([mhd])")


def _time(written: str) -> str:
    if not SLURM_TIME.fullmatch(written) and not SHORT_TIME.fullmatch(written):
        raise ValueError("a time is written 90m, 4h, 2d, or as Slurm writes it: 1-12:00:00")
    return written


def _memory(written: str) -> str:
    if not re.fullmatch(r"\d+[KMGT]?", written):
        raise ValueError("memory is written 16G, 500M, or 0 for all that a node has")
    return written


class Resources(Settings):
    """What one job asks for. What is None is left to the next more general answer, in the end to Slurm.

    nodes: how many.  cpus: of each node.  gpus: of each node.  memory: of each node, `16G`, `0` for all of it.
    time: limit, `90m`, `4h`, `2d`.  partition, account, qos, constraint: as the site calls them.
    options: further options of sbatch, whole (`--mail-type=FAIL`).
    """

    nodes: int | None = Field(default=None, ge=1)
    cpus: int | None = Field(default=None, ge=1)
    gpus: int | None = Field(default=None, ge=0)
    memory: Annotated[str, AfterValidator(_memory)] | None = None
    time: Annotated[str, AfterValidator(_time)] | None = None
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    constraint: str | None = None
    options: tuple[Annotated[str, Field(pattern=r"^--[a-z]")], ...] | None = None

    def over(self, general: Resources) -> Resources:
        """These, and where they say nothing what is said more generally."""
        said = {name: value for name, value in self if value is not None}
        return general.model_copy(update=said)

    @property
    def minutes(self) -> int | None:
        """The time limit in minutes, None where Slurm's own stands."""
        short = SHORT_TIME.fullmatch(self.time) if self.time else None
        if short:
            return int(short[1]) * {"m": 1, "h": 60, "d": 24 * 60}[short[2]]
        return _minutes(self.time) if self.time else None


class Profile(Settings):
    """A kind of machine to run on. A file of it may lie beside the study.

    scheduler: `slurm`, or `local` for this machine.  resources: of every job.  stages: of the jobs of one stage.
    setup: lines of shell before the command of each job (`module load ...`).  grace_seconds: how long before its time limit a
    job is told to save and is queued again.  restarts: how often at most.
    """

    scheduler: Literal["slurm", "local"] = "slurm"
    resources: Resources = Resources()
    stages: dict[str, Resources] = Field(default_factory=dict)
    setup: tuple[str, ...] = ()
    grace_seconds: int = Field(default=180, ge=1)
    restarts: int = Field(default=50, ge=0)


class ClusterSettings(Settings):
    """Where `mintza submit` runs the study. profile: `slurm`, `local`, or the path of a profile's file from the study's folder.

    resources, stages: in place of the profile's.  cells: pattern of `STAGE/CELL` -> what such jobs ask for (`train/*70b*`);
    the last pattern that fits decides.
    """

    profile: str = "slurm"
    resources: Resources = Resources()
    stages: dict[str, Resources] = Field(default_factory=dict)
    cells: dict[str, Resources] = Field(default_factory=dict)


def _minutes(written: str) -> int:
    """Minutes of Slurm's forms: M, M:S, H:M:S, D-H, D-H:M, D-H:M:S; at least one."""
    days, dash, rest = written.rpartition("-")
    parts = [int(part) for part in rest.split(":")]
    if dash:
        hours, minutes, seconds = (*parts, 0, 0)[:3]
    elif len(parts) == 3:
        hours, minutes, seconds = parts
    else:
        hours, (minutes, seconds) = 0, (*parts, 0)[:2]
    return max(1, int(days or 0) * 1440 + hours * 60 + minutes + (1 if seconds else 0))
