"""Who starts the processes that serve a study's models: within a job of Slurm its queue, elsewhere this machine."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

from mintza.cluster.processes import Processes
from mintza.cluster.profile import profile_of
from mintza.cluster.serving import Jobs
from mintza.cluster.slurm import Slurm
from mintza.pipeline.plan import Plan
from mintza.pipeline.serving import Starter
from mintza.store import Store


def starter_of(made: Plan, store: Store) -> AbstractContextManager[Starter]:
    """A starter for as long as the block runs; what it started here ends with it, and a job when nobody asks it any more."""
    if os.environ.get("SLURM_JOB_ID"):
        profile = profile_of(made.study)
        if profile.scheduler == "slurm":
            return nullcontext(Jobs(made.study, store, Slurm(), profile))
    return Processes(store)
