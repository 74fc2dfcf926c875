"""`python -m mintza.train.worker JOB`: one of the processes that train a variant together; torchrun or Slurm starts them.

Exit codes: 0 done; 75 asked to stop, a checkpoint is there, start it again; 1 failed, and outcome.json beside the job says why.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from mintza.errors import MintzaError
from mintza.progress import silent
from mintza.train.job import OUTCOME, PROGRESS, STOP, Writes, outcome_of, read_job, write
from mintza.train.stage import train_here
from mintza.train.stops import listening
from mintza.train.torch_team import called_by_srun, device_of, joined


def main(path: Path) -> int:
    """Do a job as the process that the environment says this is; gives the exit code."""
    error: MintzaError | None = None
    rank = 0
    called_by_srun(os.environ)
    try:
        job = read_job(path)
        settings = job.train_settings()
        device = device_of(settings.execution.device)
        with joined(device) as team, listening() as heard:
            rank = team.rank
            workspace = Path(job.workspace)
            starter = os.getppid()
            for _ in train_here(
                settings,
                backbone=job.backbone,
                variant=job.variant,
                prepared=Path(job.prepared),
                workspace=workspace,
                lineage=job.lineage,
                progress=Writes(path.with_name(PROGRESS)) if rank == 0 else silent,
                team=team,
                device=device,
                asked_to_stop=lambda: heard() or os.getppid() != starter or (rank == 0 and (workspace / STOP).exists()),
            ):
                pass
    except MintzaError as raised:
        error = raised
        sys.stderr.write(f"process {rank}: {error}\n")
    if rank == 0:
        write(path.with_name(OUTCOME), outcome_of(error))
    return error.exit_code if error else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
