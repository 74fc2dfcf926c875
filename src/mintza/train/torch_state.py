"""Weights and moments on disk, by torch's distributed checkpoints: written by any number of processes, read by any other."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mintza.train.team import Team


def save_state(
    folder: Path, weights: dict[str, Any], optimiser: Any, team: Team, *, background: bool
) -> Callable[[], bool] | None:
    """Write the state to a folder, each process its shards. Raises OSError when the disk does not take it.

    background: gives at once, when the state is copied, a function that says whether it is on disk (it raises OSError too).
    """
    import torch.distributed.checkpoint as dcp

    state = _state(weights, optimiser)
    group = getattr(team, "saving", None)
    chosen: dict[str, Any] = {"storage_writer": dcp.FileSystemWriter(folder)}
    chosen |= {"no_dist": True} if group is None else {"process_group": group}
    if not background:
        _as_os_error(lambda: dcp.save(state, **chosen))
        return None
    written: Any = dcp.async_save(state, **chosen)

    def finished() -> bool:
        if not written.done():
            return False
        _as_os_error(written.result)
        return True

    return finished


def load_state(folder: Path, weights: dict[str, Any], optimiser: Any, team: Team) -> None:
    """Take the state from such a folder, in place."""
    import torch.distributed.checkpoint as dcp

    _begin(weights, optimiser)
    group = getattr(team, "saving", None)
    chosen: dict[str, Any] = {"no_dist": True} if group is None else {"process_group": group}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that one process does it alone, which is what was asked for
        dcp.load(_state(weights, optimiser), storage_reader=dcp.FileSystemReader(folder), **chosen)


def _state(weights: dict[str, Any], optimiser: Any) -> dict[str, Any]:
    state = {f"weight/{name}": weight.detach() for name, weight in weights.items()}
    for name, weight in weights.items():
        for key, value in optimiser.state[weight].items():
            state[f"{key}/{name}"] = value
    return state


def _begin(weights: dict[str, Any], optimiser: Any) -> None:
    """Moments of nothing, as before the first step, to be filled."""
    import torch

    for weight in weights.values():
        optimiser.state[weight] = {
            "step": torch.zeros((), dtype=torch.float32, device=weight.device),
            "exp_avg": torch.zeros_like(weight.detach()),
            "exp_avg_sq": torch.zeros_like(weight.detach()),
        }


def _as_os_error(act: Callable[[], Any]) -> None:
    from torch.distributed.checkpoint import CheckpointException

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            act()
    except (CheckpointException, RuntimeError) as error:
        causes = getattr(error, "failures", {}).values()
        found = next((cause[0] for cause in causes if isinstance(cause[0], OSError)), None)
        if found is not None:
            raise OSError(found.errno, found.strerror) from error
        # torch's own writer says only that a file went wrong
        if isinstance(error, CheckpointException) or "PytorchStreamWriter" in str(error) or "file write" in str(error):
            raise OSError("its files could not be written whole; most likely the disk is full") from error
        raise
