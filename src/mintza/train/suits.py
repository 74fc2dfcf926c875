"""Whether rows, backbone and machine suit each other, said before anything is loaded; and what is said when memory runs out after all."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mintza.errors import TrainingError
from mintza.progress import Progress
from mintza.train.estimate import LIBRARY_BYTES, SPARE, memory_parts, shape_of
from mintza.train.rows import array_path
from mintza.train.settings import TrainSettings

REMEDY = (
    "fewer `micro_batch_rows`, `gradient_checkpointing: true` or a smaller `loss_chunk` under `train: {execution: ...}`, more "
    "processes, or a shorter `sequence_length` under `prepare`"
)
HOPELESS = 2.0
"""So many times the machine's whole memory is beyond what an estimate may err."""


def check_suited(
    settings: TrainSettings,
    source: Path,
    prepared: Path,
    sequence_length: int,
    *,
    processes: int,
    device: str,
    progress: Progress,
) -> None:
    """Both checks below, for a backbone in a folder, on this machine."""
    config = config_of(source)
    check_positions(prepared, config, sequence_length)
    free, whole = memory_of(device)
    check_memory(
        settings,
        config,
        sequence_length=sequence_length,
        processes=processes,
        free=free,
        whole=whole,
        progress=progress,
        on_cpu=device == "cpu",
    )


def check_positions(prepared: Path, config: Mapping[str, Any], sequence_length: int) -> None:
    """Raise TrainingError when a document in the rows is longer than the backbone's positions go.

    config: of the backbone, as Hugging Face writes it; one that names no end of its positions passes.
    """
    known = config.get("max_position_embeddings")
    if not isinstance(known, int) or sequence_length <= known:
        return
    longest = 1 + max(_largest(array_path(prepared, part, "positions")) for part in ("train", "held-out"))
    if longest > known:
        raise TrainingError(
            f"the rows hold stretches of {longest:,} tokens, and the backbone knows {known:,} positions",
            place="prepare.sequence_length",
            remedy=f"at most {known}, or a backbone that reads longer texts",
        )


def _largest(path: Path) -> int:
    import numpy as np

    positions = np.load(path, mmap_mode="r")
    return max((int(row.max()) for row in positions), default=0)


def check_memory(
    settings: TrainSettings,
    config: Mapping[str, Any],
    *,
    sequence_length: int,
    processes: int,
    free: float,
    whole: float,
    progress: Progress,
    on_cpu: bool = True,
) -> None:
    """Say that memory will be short when what training takes by estimate is not free.

    processes: of the team.  free, whole: bytes of memory that one process may have, at the moment and ever.  Raises TrainingError
    when even twice the whole would not hold it. A model whose configuration does not tell its size passes.
    """
    shape = shape_of(config)
    if shape is None:
        return
    rows = min(settings.execution.micro_batch_rows, -(-settings.rows_per_step // processes))
    really = settings.model_copy(update={"execution": settings.execution.model_copy(update={"micro_batch_rows": rows})})
    parts = memory_parts(really, shape, sequence_length, processes, on_cpu=on_cpu)
    needed = sum(parts.values()) * SPARE + (LIBRARY_BYTES if on_cpu else 0.0)
    what, most = max(parts.items(), key=lambda part: part[1])
    said = (
        f"training takes about {_gb(needed)} of memory in each process ({what}: {_gb(most)}), "
        f"with {rows} x {sequence_length:,} tokens at once"
    )
    if needed > HOPELESS * whole:
        raise TrainingError(f"{said}, and there is {_gb(whole)}", place="train.execution", remedy=REMEDY)
    if needed > free:
        progress(0, None, f"{said}, and {_gb(free)} is free: it may be ended by the system")


def _gb(count: float) -> str:
    return f"{count / 1e9:,.1f} GB"


def memory_of(device: str) -> tuple[float, float]:
    """Bytes that one process may have on a device: free at the moment, and in all."""
    if device == "cuda":
        import torch

        free, whole = torch.cuda.mem_get_info()
        return float(free), float(whole)
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except OSError:  # not a Linux
        return math.inf, math.inf
    told = {name: float(value.split()[0]) * 1024 for name, _, value in (line.partition(":") for line in lines)}
    here = int(os.environ.get("LOCAL_WORLD_SIZE") or 1)
    most = _allowed()
    return min(told["MemAvailable"], most) / here, min(told["MemTotal"], most) / here


def _allowed() -> float:
    """Bytes that the system allows to the group of processes that this one belongs to, such as a job's or a container's."""
    try:
        own = Path("/proc/self/cgroup").read_text(encoding="utf-8").rpartition("::")[2].strip()
        return float(Path(f"/sys/fs/cgroup{own}/memory.max").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return math.inf


def config_of(folder: Path) -> Mapping[str, Any]:
    """The configuration of a Hugging Face folder, empty where there is none that can be read; loading says what is wrong with it."""
    try:
        found = json.loads((folder / "config.json").read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextmanager
def said_when_memory_ends(step: int) -> Iterator[None]:
    """Turn what torch raises when memory does not suffice into a TrainingError that says what helps."""
    import torch

    try:
        yield
    except (MemoryError, torch.OutOfMemoryError, RuntimeError) as error:
        plain = isinstance(error, RuntimeError) and not isinstance(error, torch.OutOfMemoryError)
        if plain and "can't allocate memory" not in str(error):
            raise
        raise TrainingError(
            f"memory does not suffice: {str(error).splitlines()[0][:200]}",
            place=f"step {step}",
            remedy=f"{REMEDY}; run again: it goes on from the last checkpoint",
        ) from error
