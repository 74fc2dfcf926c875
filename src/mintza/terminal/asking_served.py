"""Who starts the processes that serve a study's models: Slurm for its jobs, this machine for what runs on it."""

from __future__ import annotations

import os
import shutil
from contextlib import AbstractContextManager, nullcontext

from mintza.cluster.processes import Processes
from mintza.cluster.profile import profile_of
from mintza.cluster.serving import Jobs
from mintza.cluster.slurm import Slurm
from mintza.pipeline.plan import Plan
from mintza.pipeline.serving import Starter
from mintza.store import Store


def starter_of(made: Plan, store: Store, *, for_long: bool = False) -> AbstractContextManager[Starter]:
    """A starter for as long as the block runs; what it started here ends with it, and a job when nobody asks it any more.

    for_long: jobs from a login node too, where there is a Slurm and the study's profile is of one.
    """
    if os.environ.get("SLURM_JOB_ID") or (for_long and shutil.which("sbatch")):
        profile = profile_of(made.study)
        if profile.scheduler == "slurm":
            return nullcontext(Jobs(made.study, store, Slurm(), profile))
    return Processes(store)
