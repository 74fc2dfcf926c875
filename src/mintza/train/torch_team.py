"""The adapter to torch.distributed: joining the processes that torchrun or Slurm started."""

from __future__ import annotations

import os
from collections.abc import Iterator, MutableMapping
from contextlib import contextmanager
from typing import Any, TypeVar

from mintza.errors import MissingPart, TrainingError
from mintza.patient_threads import wait_patiently
from mintza.train.few_kernels import keep_few_kernels
from mintza.train.team import Alone, Team

T = TypeVar("T")


class TorchTeam:
    """Processes joined by torch.distributed. Fulfils Team.

    What is said between them goes over gloo, also where tensors go over nccl.  saving: a group of its own for checkpoints
    that are written in the background.
    """

    def __init__(self) -> None:
        import torch.distributed as dist

        self._dist = dist
        self.rank = int(dist.get_rank())
        self.size = int(dist.get_world_size())
        self._talk = dist.new_group(backend="gloo")
        self.saving: Any = dist.new_group(backend="gloo")

    def gather(self, value: T) -> list[T]:
        """The values of all processes, by rank."""
        found: list[Any] = [None] * self.size
        self._dist.all_gather_object(found, value, group=self._talk)
        return found


@contextmanager
def joined(device: str) -> Iterator[Team]:
    """Join the team that the environment names, alone when it names none.

    device: `cpu` (gloo) or `cuda` (nccl, a GPU a process). The names are torchrun's: RANK, WORLD_SIZE, LOCAL_RANK,
    MASTER_ADDR, MASTER_PORT. Raises TrainingError when they make no sense.
    """
    size = _number("WORLD_SIZE", "1")
    if size == 1:
        yield Alone()
        return
    import torch
    import torch.distributed as dist

    if device == "cuda":
        torch.cuda.set_device(_number("LOCAL_RANK", "0"))
    dist.init_process_group(
        "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo", rank=_number("RANK", ""), world_size=size
    )
    try:
        yield TorchTeam()
    finally:
        dist.destroy_process_group()


def called_by_srun(environment: MutableMapping[str, str]) -> None:
    """Give the process torchrun's names for what srun calls otherwise, where torchrun has given none."""
    names = {"RANK": "SLURM_PROCID", "WORLD_SIZE": "SLURM_NTASKS", "LOCAL_RANK": "SLURM_LOCALID"}
    if "RANK" not in environment and all(name in environment for name in (*names.values(), "MASTER_ADDR")):
        environment.update({ours: environment[theirs] for ours, theirs in names.items()})


def device_of(wanted: str) -> str:
    """`cpu` or `cuda`. Raises MissingPart when a GPU is asked for and there is none."""
    wait_patiently(os.environ)
    keep_few_kernels(os.environ)
    import torch

    if wanted == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    if wanted == "cuda" and not torch.cuda.is_available():
        raise MissingPart(
            "torch sees no GPU here",
            place="train.execution.device",
            remedy="say `device: auto`, or install a torch with CUDA on a machine with a GPU",
        )
    return wanted


def _number(name: str, default: str) -> int:
    value = os.environ.get(name, default)
    if not value.isdecimal():
        raise TrainingError(
            f"{name} is '{value}' in the environment, not a number",
            remedy="start the worker by torchrun, or set RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR and MASTER_PORT",
        )
    return int(value)
