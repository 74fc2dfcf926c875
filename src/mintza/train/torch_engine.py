"""The adapter to torch: fp32 weights, AdamW, in one process or sharded over many."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np

from mintza.train.engine import Outcome
from mintza.train.rows import PADDING, SUPERVISED, Batch
from mintza.train.schedule import number_from
from mintza.train.settings import TrainSettings
from mintza.train.suits import said_when_memory_ends
from mintza.train.team import Alone, Team
from mintza.train.torch_loss import noise_of_rows, packed_loss
from mintza.train.torch_state import load_state, save_state

DROPOUT = 2
"""Stream of luck of dropout."""


class TorchEngine:
    """A transformers model and its optimiser. Fulfils Engine.

    model: a causal language model in fp32, trained in place; weights that want no gradient stay as they are.
    export: writes the finished model to a folder.  team: the processes that train it together, each on its share of a step's rows.
    shard: spreads the module of the loss over the team, before the optimiser is made.
    """

    def __init__(
        self,
        model: Any,
        settings: TrainSettings,
        *,
        seed: int,
        export: Callable[[Any, Path], None],
        team: Team | None = None,
        device: str = "cpu",
        shard: Callable[[Any], None] | None = None,
    ) -> None:
        import torch

        self.model = model
        self._settings = settings
        self._seed = seed
        self._export = export
        self._team = team or Alone()
        self._device = device
        if settings.execution.threads:
            torch.set_num_threads(settings.execution.threads)
        if settings.execution.gradient_checkpointing:
            model.activation_checkpointing_enable()
        # Many backbones pad with the token that ends a turn, and torch keeps the gradient from a padding token's embedding.
        model.get_input_embeddings().padding_idx = None
        self._width = int(model.get_input_embeddings().weight.shape[1])
        self._loss = packed_loss(model, settings.execution.loss_chunk)
        if shard is None:
            self._loss.to(device)
        else:
            shard(self._loss)
        self._parameters = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._optimiser = _adamw(list(self._parameters.values()), settings)

    @property
    def vocabulary(self) -> int:
        """How many token ids the model knows."""
        return int(self.model.get_input_embeddings().weight.shape[0])

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        """Learn from the rows of one step: loss = sum over its supervised tokens / their count, however they are spread."""
        with said_when_memory_ends(step):
            return self._step(batch, step=step, learning_rate=learning_rate)

    def _step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        import torch

        loss = self.accumulate(batch, step=step)
        norm: Any = torch.nn.utils.clip_grad_norm_(self._parameters.values(), self._settings.gradient_clip)
        if hasattr(norm, "full_tensor"):
            norm = norm.full_tensor()
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return Outcome(loss, batch.supervised_tokens, float(norm))

    def accumulate(self, batch: Batch, *, step: int) -> float:
        """Leave the gradient of a step on the weights, micro-batch by micro-batch; gives nats a supervised token of the whole step."""
        import torch

        self.model.train()
        count = max(1, batch.supervised_tokens)
        first, own = share_of(batch, self._team)
        nats = torch.zeros((), dtype=torch.float64, device=self._device)
        size = self._settings.execution.micro_batch_rows
        for start in range(0, len(own.input_ids), size):
            torch.manual_seed(number_from(DROPOUT, self._seed, step, first + start))
            last = start + size >= len(own.input_ids)
            if hasattr(self._loss, "set_requires_all_reduce"):
                self._loss.set_requires_all_reduce(last)  # copies of the weights need to agree once a step only
            micro = own.rows(start, start + size)
            # FSDP takes the mean over the processes, and the loss is a sum over them.
            part, found = self._nats(micro, self._noise(step, first + start, micro), scale=self._team.size / count)
            part.backward()
            nats += found
        return self._summed(nats) / count

    def held_out_loss(self, batch: Batch) -> float:
        """Nats a supervised token, without noise, dropout and learning."""
        import torch

        self.model.eval()
        size = self._settings.execution.micro_batch_rows
        _, own = share_of(batch, self._team)
        nats = torch.zeros((), dtype=torch.float64, device=self._device)
        with torch.no_grad():
            for start in range(0, len(own.input_ids), size):
                nats += self._nats(own.rows(start, start + size), None)[1]
        return self._summed(nats) / max(1, batch.supervised_tokens)

    def save(self, folder: Path) -> Callable[[], bool] | None:
        """Write weights and moments to a folder, together with the team. Tied weights are in it once. Raises OSError."""
        return save_state(
            folder,
            self._parameters,
            self._optimiser,
            self._team,
            background=self._settings.execution.background_checkpoints,
        )

    def load(self, folder: Path) -> None:
        """Take them from such a folder, whatever the size of the team that wrote it."""
        load_state(folder, self._parameters, self._optimiser, self._team)

    def export(self, folder: Path) -> None:
        """Write a Hugging Face folder; the engine is spent afterwards."""
        self.model.eval()
        self._export(self.model, folder)

    def _summed(self, nats: Any) -> float:
        return sum(self._team.gather(float(nats)))

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        context: AbstractContextManager[Any] = torch.autocast(
            self._device, dtype=torch.bfloat16, enabled=self._settings.precision == "bf16"
        )
        return context

    def _nats(self, batch: Batch, noise: Any, scale: float = 1.0) -> tuple[Any, Any]:
        """Sum of the loss over the supervised tokens, scaled and not. Only their logits are computed, a chunk at a time."""
        import torch

        ids, positions, wanted = (
            torch.from_numpy(np.ascontiguousarray(array)).to(self._device)
            for array in (batch.input_ids, batch.positions, batch.marks[:, 1:] == SUPERVISED)
        )
        with self._autocast():
            found: tuple[Any, Any] = self._loss(ids.long(), positions.long(), wanted, noise, scale)
        return found

    def _noise(self, step: int, first: int, batch: Batch) -> Any:
        rows, length = batch.input_ids.shape
        places = range(first, first + rows)
        return noise_of_rows(
            self._settings.neftune_alpha,
            places,
            (length, self._width),
            seed=self._seed,
            step=step,
            device=self._device,
        )


def share_of(batch: Batch, team: Team) -> tuple[int, Batch]:
    """The rows of a step that are this process's, and the place of the first in the step.

    All get as many: what the last ones lack is padding without loss, since all must take part in every pass.
    """
    rows, length = batch.input_ids.shape
    each = -(-rows // team.size)
    first = each * team.rank
    own = batch.rows(first, first + each)
    lacking = each - len(own.input_ids)
    if not lacking:
        return first, own
    empty = Batch(
        np.zeros((lacking, length), np.int32),
        np.tile(np.arange(length, dtype=np.int32), (lacking, 1)),
        np.full((lacking, length), PADDING, np.uint8),
    )
    return first, Batch(
        np.concatenate([own.input_ids, empty.input_ids]),
        np.concatenate([own.positions, empty.positions]),
        np.concatenate([own.marks, empty.marks]),
    )


def _adamw(weights: list[Any], settings: TrainSettings) -> Any:
    import torch

    groups = [
        {"params": [weight for weight in weights if weight.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
    ]
    groups = [group for group in groups if group["params"]]
    chosen = {"lr": settings.peak_learning_rate, "betas": (settings.beta_1, settings.beta_2), "eps": settings.epsilon}
    try:
        return torch.optim.AdamW(groups, fused=True, **chosen)
    except RuntimeError:  # fused is for some devices and types only; the plain one does the same, slower
        return torch.optim.AdamW(groups, **chosen)
