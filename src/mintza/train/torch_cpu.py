"""What makes a model of transformers quicker on a CPU: attention by documents, norms in fewer passes; the same to rounding."""

from __future__ import annotations

from typing import Any, NamedTuple

from mintza.errors import TrainingError
from mintza.train.settings import TrainSettings
from mintza.train.torch_attention import Unsuited, register, suits
from mintza.train.torch_isolation import check_model
from mintza.train.torch_norms import plain_norms, quicken


class Quickened(NamedTuple):
    """attention: name of the implementation, None for what the model has.  norms: names of those that have the quicker way."""

    attention: str | None = None
    norms: tuple[str, ...] = ()

    def apply(self, model: Any) -> None:
        """Do it to a model, or to another of the same architecture."""
        if self.attention is not None:
            register()
            model.set_attn_implementation(self.attention)
        quicken(model, self.norms)


def checked(model: Any, settings: TrainSettings, device: str) -> Quickened:
    """Quicken a model for a CPU, and check that documents in a row do not see each other; gives what was done.

    A model whose attention does more than ours keeps its own. Raises TrainingError as `check_model`.
    """
    own = model.config._attn_implementation
    plain = device == "cpu" and settings.execution.attention == "sdpa" and suits(model)
    norms = tuple(plain_norms(model)) if device == "cpu" and settings.precision == "bf16" else ()
    found = Quickened(register() if plain else None, norms)
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
