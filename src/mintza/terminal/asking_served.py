"""Who starts the processes that serve a study's models: Slurm for its jobs, this machine for what runs on it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from mintza.cluster.processes import Processes
from mintza.cluster.profile import profile_of
from mintza.cluster.serving import Jobs
from mintza.cluster.slurm import NoCluster, Slurm
from mintza.pipeline.plan import Plan
from mintza.pipeline.serving import Starter
from mintza.store import Store
from mintza.study import Study


def starter_of(
    made: Plan, store: Store, *, for_long: bool = False, say: Callable[[str], None] = lambda line: None
) -> AbstractContextManager[Starter]:
    """A starter for as long as the block runs; what it started here ends with it, and a job when nobody asks it any more.

    for_long: jobs from a login node too, where there is a Slurm and the study's profile is of one.
    Raises NoCluster where the study names such a profile and no cluster answers; where it names none, this machine serves,
    and `say` is told.
    """
    job = bool(os.environ.get("SLURM_JOB_ID"))
    if job or (for_long and shutil.which("sbatch")):
        profile = profile_of(made.study)
        if profile.scheduler == "slurm" and (job or _answers(made.study, say)):
            return nullcontext(Jobs(made.study, store, Slurm(), profile))
    return Processes(store)


def _answers(study: Study, say: Callable[[str], None]) -> bool:
    try:
        Slurm().jobs(["mintza"])
    except NoCluster as error:
        if "profile" in study.settings.execution.cluster.model_fields_set:
            raise
        say(f"Slurm is installed here and {error.message}; this machine serves")
        return False
    return True
