"""The adapter to FSDP2: a model's weights spread over a team, and gathered again."""

from __future__ import annotations

from typing import Any

from mintza.errors import TrainingError
from mintza.train.settings import TrainSettings
from mintza.train.team import Team


def shard(loss: Any, weights: dict[str, Any], settings: TrainSettings, team: Team, device: str) -> None:
    """Spread a module of the loss, whose model has no weights yet, over the team and fill it with the first process's weights.

    weights: the model's state on the first process, empty on the others.  `shard_group` of the settings: full or hybrid shard.
    Layers are gathered in the precision of the computation, gradients are summed in fp32. Raises TrainingError for groups
    that do not divide the team.
    """
    import torch
    from torch.distributed.checkpoint.state_dict import StateDictOptions, set_model_state_dict
    from torch.distributed.device_mesh import init_device_mesh
    from torch.distributed.fsdp import MixedPrecisionPolicy, fully_shard

    shape = mesh_shape(team.size, settings.execution.shard_group)
    mesh = init_device_mesh(device, shape, mesh_dim_names=("copy", "shard")[-len(shape) :])
    narrow = MixedPrecisionPolicy(
        param_dtype=torch.bfloat16 if settings.precision == "bf16" else None,
        reduce_dtype=torch.float32,
        cast_forward_inputs=False,
    )
    for layer in layers_of(loss.model):
        fully_shard(layer, mesh=mesh, mp_policy=narrow)
    fully_shard(loss, mesh=mesh, mp_policy=MixedPrecisionPolicy(cast_forward_inputs=False))
    # Weights get room, and buffers, which were computed at once everywhere, are kept; tying does not survive that.
    loss._apply(lambda each: torch.empty_like(each, device=device) if each.is_meta else each.to(device))
    loss.model.tie_weights()
    options = StateDictOptions(full_state_dict=True, broadcast_from_rank0=True)
    set_model_state_dict(loss.model, weights, options=options)


def mesh_shape(processes: int, group: int | None) -> tuple[int, ...]:
    """(copies, processes that share one), or (processes,) when all of them share one."""
    if group is None or group == processes:
        return (processes,)
    if group > processes or processes % group:
        raise TrainingError(
            f"{processes} processes cannot be cut into groups of {group}",
            place="train.execution.shard_group",
            remedy=f"a number that divides {processes}",
        )
    return (processes // group, group)


def layers_of(model: Any) -> list[Any]:
    """The modules that are gathered one at a time: those that transformers says must stay whole."""
    whole = set(model._no_split_modules or ())
    return [module for module in model.modules() if type(module).__name__ in whole]


def gathered(model: Any, team: Team) -> dict[str, Any] | None:
    """All weights of a sharded model in the first process's memory; None in the others, which must call it too."""
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    weights: dict[str, Any] = get_model_state_dict(model, options=options)
    return weights if team.rank == 0 else None
