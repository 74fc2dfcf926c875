"""What makes a model of transformers quicker on a CPU: attention by documents, norms and rotations in few passes; the same to rounding."""

from __future__ import annotations

from typing import Any, NamedTuple

from mintza.errors import TrainingError
from mintza.train import torch_norms, torch_rotation
from mintza.train.settings import TrainSettings
from mintza.train.torch_attention import Unsuited, register, suits
from mintza.train.torch_isolation import check_model


class Quickened(NamedTuple):
    """attention: name of the implementation, None for what the model has.  norms, rotations: names of the modules that have the
    quicker way."""

    attention: str | None = None
    norms: tuple[str, ...] = ()
    rotations: tuple[str, ...] = ()

    def apply(self, model: Any) -> None:
        """Do it to a model, or to another of the same architecture."""
        if self.attention is not None:
            register()
            model.set_attn_implementation(self.attention)
        torch_norms.quicken(model, self.norms)
        torch_rotation.quicken(model, self.rotations)


def checked(model: Any, settings: TrainSettings, device: str) -> Quickened:
    """Quicken a model for a CPU, and check that documents in a row do not see each other; gives what was done.

    A model whose attention does more than ours keeps its own. Raises TrainingError as `check_model`.
    """
    own = model.config._attn_implementation
    plain = device == "cpu" and settings.execution.attention == "sdpa" and suits(model)
    half = device == "cpu" and settings.precision == "bf16"
    norms = tuple(torch_norms.plain_norms(model)) if half else ()
    rotations = tuple(torch_rotation.plain_rotations(model)) if half else ()
    found = Quickened(register() if plain else None, norms, rotations)
    found.apply(model)
    try:
        check_model(model, half=settings.execution.attention == "flash")
    except (Unsuited, TrainingError):
        if found.attention is None:
            raise
        model.set_attn_implementation(own)
        found = found._replace(attention=None)
        check_model(model)
    return found
