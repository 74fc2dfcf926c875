"""From a backbone's folder to an engine that is ready: loaded, checked, given its adapters, spread over the team."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mintza.errors import MissingPart
from mintza.train.hugging_face import empty_model, load_model
from mintza.train.lora import Lora
from mintza.train.settings import LoraMethod, TrainSettings
from mintza.train.team import Team, by_first
from mintza.train.torch_cpu import Quickened, checked
from mintza.train.torch_engine import TorchEngine
from mintza.train.torch_sharding import gathered, shard

Export = Callable[[Any, Path], None]
CALLED = {"sdpa": "sdpa", "eager": "eager", "flash": "flash_attention_2"}
"""Our names of attention, and those of transformers."""


def open_engine(
    source: Path, settings: TrainSettings, *, seed: int, export: Export, team: Team, device: str
) -> TorchEngine:
    """An engine on the backbone in a folder. Only the first process of a team holds all of its weights, until they are spread.

    Raises TrainingError when documents in one row would see each other, MissingPart for kernels that are not here,
    BadInput when the backbone cannot be read.
    """
    _kernels(settings, device)
    if team.size == 1:
        model, lora, _ = _ready(source, settings, seed, device)
        return TorchEngine(model, settings, seed=seed, export=_exporting(export, lora), device=device)
    weights: dict[str, Any] = {}

    def read() -> Quickened:
        whole, _, quickened = _ready(source, settings, seed, device)
        weights.update(whole.state_dict())
        return quickened

    quickened = by_first(team, read)
    empty = empty_model(source, CALLED[settings.execution.attention])
    quickened.apply(empty)
    model, _ = _with_adapters(empty, settings, seed)

    def spread(loss: Any) -> None:
        shard(loss, weights, settings, team, device)
        weights.clear()

    def gather_and_export(sharded: Any, folder: Path) -> None:
        found = gathered(sharded, team)
        by_first(team, lambda: _export_whole(source, settings, seed, found or {}, folder, export))

    return TorchEngine(model, settings, seed=seed, export=gather_and_export, team=team, device=device, shard=spread)


def _ready(source: Path, settings: TrainSettings, seed: int, device: str) -> tuple[Any, Lora | None, Quickened]:
    model = load_model(source, CALLED[settings.execution.attention])
    quickened = checked(model, settings, device)
    return *_with_adapters(model, settings, seed), quickened


def _with_adapters(model: Any, settings: TrainSettings, seed: int) -> tuple[Any, Lora | None]:
    if settings.execution.liger:
        from liger_kernel.transformers import _apply_liger_kernel_to_instance

        # The loss is our own: it needs the logits of supervised tokens only.
        _apply_liger_kernel_to_instance(model=model, fused_linear_cross_entropy=False, cross_entropy=False)
    lora = Lora(model, settings.method, seed=seed) if isinstance(settings.method, LoraMethod) else None
    return model, lora


def _exporting(export: Export, lora: Lora | None) -> Export:
    return lambda model, folder: export(lora.merge() if lora else model, folder)


def _export_whole(
    source: Path, settings: TrainSettings, seed: int, weights: dict[str, Any], folder: Path, export: Export
) -> None:
    model, lora = _with_adapters(load_model(source, "sdpa"), settings, seed)
    model.load_state_dict(weights)
    _exporting(export, lora)(model, folder)


def _kernels(settings: TrainSettings, device: str) -> None:
    """Raise MissingPart when kernels are asked for that this machine does not have."""
    from importlib.util import find_spec

    execution = settings.execution
    asked = [("attention: flash", execution.attention == "flash", "flash_attn", "flash-attn")]
    asked += [("liger: true", execution.liger, "liger_kernel", "liger-kernel")]
    for name, wanted, module, package in asked:
        if wanted and device != "cuda":
            raise MissingPart(
                f"`{name}` needs a GPU, and training runs on the CPU here",
                place="train.execution",
                remedy=f"leave `{name}` out, or run where there is a GPU",
            )
        if wanted and find_spec(module) is None:
            raise MissingPart(
                f"`{name}` needs the package {package}",
                place="train.execution",
                remedy=f"run: pip install {package}, or leave `{name}` out",
            )
