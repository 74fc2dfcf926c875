"""The adapter to peft: low-rank adapters in a model, and their merging into its weights."""

from __future__ import annotations

from typing import Any

from mintza.errors import MissingPart, TrainingError
from mintza.train.schedule import number_from
from mintza.train.settings import LoraMethod

ADAPTERS = 3
"""Stream of luck of the adapters' first weights."""


class Lora:
    """Adapters in a model, which keeps its own class; only they want a gradient. Raises MissingPart without peft."""

    def __init__(self, model: Any, method: LoraMethod, *, seed: int) -> None:
        try:
            from peft import LoraConfig, LoraModel
        except ImportError as error:
            raise MissingPart(
                "training by low-rank adapters needs peft",
                place="train.method",
                remedy="run: pip install 'mintza[lora]', or say `method: {kind: full}`",
            ) from error
        import torch

        torch.manual_seed(number_from(ADAPTERS, seed))
        config = LoraConfig(
            r=method.rank,
            lora_alpha=method.alpha,
            lora_dropout=method.dropout,
            target_modules=list(method.targets) if method.targets else linear_layers(model),
        )
        try:
            self._tuner = LoraModel(model, config, "default")
        except ValueError as error:
            raise TrainingError(
                str(error).splitlines()[0],
                place="train.method.targets",
                remedy="name ends of layers that the model has",
            ) from error

    def merge(self) -> Any:
        """The model with the adapters added to its weights, and no trace of them left."""
        return self._tuner.merge_and_unload(progressbar=False)


def linear_layers(model: Any) -> list[str]:
    """The ends of the names of all linear layers but the head."""
    import torch

    head = model.get_output_embeddings()
    return sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if isinstance(module, torch.nn.Linear) and module is not head
        }
    )
