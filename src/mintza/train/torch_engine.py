"""The adapter to torch: one process, fp32 weights, AdamW. Issue D adds an engine of many processes beside it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mintza.train.engine import Outcome
from mintza.train.isolation import check_isolation
from mintza.train.rows import SUPERVISED, Batch
from mintza.train.schedule import number_from
from mintza.train.settings import TrainSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE, DROPOUT = 1, 2
"""Streams of luck, so that one draw never follows another's."""


class TorchEngine:
    """A transformers model and its optimiser on the CPU. Fulfils Engine.

    model: a causal language model in fp32, trained in place.  export: writes it to a folder.
    """

    def __init__(self, model: Any, settings: TrainSettings, *, seed: int, export: Callable[[Any, Path], None]) -> None:
        import torch

        self.model = model
        self._settings = settings
        self._seed = seed
        self._export = export
        if settings.execution.threads:
            torch.set_num_threads(settings.execution.threads)
        if settings.execution.gradient_checkpointing:
            model.activation_checkpointing_enable()
        # Many backbones pad with the token that ends a turn, and torch keeps the gradient from a padding token's embedding.
        model.get_input_embeddings().padding_idx = None
        self._parameters = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._optimiser = _adamw(list(self._parameters.values()), settings)

    @property
    def vocabulary(self) -> int:
        """How many token ids the model knows."""
        return int(self.model.get_input_embeddings().weight.shape[0])

    def check(self) -> None:
        """Raise TrainingError when documents in one row can see each other, in fp32 on the attention that is configured."""
        import torch

        self.model.eval()
        with torch.no_grad():
            check_isolation(self._logits_packed, self._logits_alone, self.vocabulary)

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        """Learn from the rows of one step: loss = sum over its supervised tokens / their count, whatever the micro-batches."""
        import torch

        loss = self.accumulate(batch, step=step)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters.values(), self._settings.gradient_clip)
        for group in self._optimiser.param_groups:
            group["lr"] = learning_rate
        self._optimiser.step()
        self._optimiser.zero_grad(set_to_none=True)
        return Outcome(loss, batch.supervised_tokens, float(norm))

    def accumulate(self, batch: Batch, *, step: int) -> float:
        """Leave the gradient of a step on the weights, micro-batch by micro-batch; gives nats a supervised token."""
        import torch

        self.model.train()
        count = max(1, batch.supervised_tokens)
        nats = 0.0
        size = self._settings.execution.micro_batch_rows
        for first in range(0, len(batch.input_ids), size):
            torch.manual_seed(number_from(DROPOUT, self._seed, step, first))
            micro = batch.rows(first, first + size)
            part = self._nats(micro, self._noise(step, first, micro))
            (part / count).backward()
            nats += float(part.detach())
        return nats / count

    def held_out_loss(self, batch: Batch) -> float:
        """Nats a supervised token, without noise, dropout and learning."""
        import torch

        self.model.eval()
        size = self._settings.execution.micro_batch_rows
        with torch.no_grad():
            nats = sum(
                float(self._nats(batch.rows(first, first + size), None))
                for first in range(0, len(batch.input_ids), size)
            )
        return nats / max(1, batch.supervised_tokens)

    def save(self, path: Path) -> None:
        """Write weights and moments to one safetensors file. Tied weights are in it once. Raises OSError."""
        from safetensors import SafetensorError
        from safetensors.torch import save_file

        tensors = {}
        for name, weight in self._parameters.items():
            tensors[f"weight/{name}"] = weight.detach()
            for key, value in self._optimiser.state[weight].items():
                tensors[f"{key}/{name}"] = value
        try:
            save_file(tensors, path)
        except SafetensorError as error:
            raise OSError(str(error)) from error

    def load(self, path: Path) -> None:
        """Take them from such a file."""
        import torch
        from safetensors import safe_open

        with torch.no_grad(), safe_open(path, framework="pt") as tensors:
            for key in tensors.keys():  # noqa: SIM118 - it is no mapping
                kind, _, name = key.partition("/")
                weight = self._parameters[name]
                if kind == "weight":
                    weight.copy_(tensors.get_tensor(key))
                else:
                    self._optimiser.state[weight][kind] = tensors.get_tensor(key).clone()

    def export(self, folder: Path) -> None:
        """Write a Hugging Face folder; the engine is spent afterwards."""
        self.model.eval()
        self._export(self.model, folder)

    def _autocast(self) -> AbstractContextManager[Any]:
        import torch

        context: AbstractContextManager[Any] = torch.autocast(
            "cpu", dtype=torch.bfloat16, enabled=self._settings.precision == "bf16"
        )
        return context

    def _hidden(self, ids: Any, positions: Any, noise: Any) -> Any:
        """What the head sees, shape (rows, length, width).

        No mask and no cache: only then does transformers keep documents apart by their positions (docs/decisions/0031).
        """
        embedded = self.model.get_input_embeddings()(ids)
        if noise is not None:
            embedded = embedded + noise
        return self.model.base_model(inputs_embeds=embedded, position_ids=positions, use_cache=False).last_hidden_state

    def _nats(self, batch: Batch, noise: Any) -> Any:
        """Sum of the loss over the supervised tokens. Only their logits are computed, a chunk at a time."""
        import torch
        from torch.utils.checkpoint import checkpoint

        ids = torch.from_numpy(batch.input_ids).long()
        positions = torch.from_numpy(batch.positions).long()
        wanted = torch.from_numpy(batch.marks[:, 1:] == SUPERVISED)
        size = self._settings.execution.loss_chunk
        with self._autocast():
            hidden = self._hidden(ids, positions, noise)[:, :-1][wanted]
            expected = ids[:, 1:][wanted]
            if len(expected) <= size:
                return self._chunk(hidden, expected)
            return torch.stack(
                [
                    checkpoint(self._chunk, a, b, use_reentrant=False)
                    for a, b in zip(hidden.split(size), expected.split(size), strict=True)
                ]
            ).sum()

    def _chunk(self, hidden: Any, expected: Any) -> Any:
        import torch

        logits = self.model.get_output_embeddings()(hidden).float()
        return torch.nn.functional.cross_entropy(logits, expected, reduction="sum")

    def _noise(self, step: int, first: int, batch: Batch) -> Any:
        import torch

        alpha = self._settings.neftune_alpha
        if not alpha:
            return None
        rows, length = batch.input_ids.shape
        width = self.model.get_input_embeddings().weight.shape[1]
        seeds = [number_from(NOISE, self._seed, step, first + row) for row in range(rows)]
        return torch.stack([neftune(alpha, length, width, seed) for seed in seeds])

    def _logits_packed(self, documents: Sequence[Sequence[int]]) -> NDArray[Any]:
        import torch

        ids = torch.tensor([[token for document in documents for token in document]])
        positions = torch.tensor([[place for document in documents for place in range(len(document))]])
        found: NDArray[Any] = self.model.get_output_embeddings()(self._hidden(ids, positions, None))[0].numpy()
        return found

    def _logits_alone(self, documents: Sequence[Sequence[int]]) -> NDArray[Any]:
        import torch

        each = [self.model(input_ids=torch.tensor([document]), use_cache=False).logits[0] for document in documents]
        found: NDArray[Any] = torch.cat(each).float().numpy()
        return found


def neftune(alpha: float, length: int, width: int, seed: int) -> Any:
    """Noise for one row's embeddings, shape (length, width): uniform in +-alpha / sqrt(length x width), a function of the seed.

    Source: Jain et al. (2023), NEFTune; the length is the row's, as is usual with packed rows.
    """
    import torch

    drawn = torch.rand((length, width), generator=torch.Generator().manual_seed(seed))
    return (drawn * 2 - 1) * (alpha / math.sqrt(length * width))


def _adamw(weights: list[Any], settings: TrainSettings) -> Any:
    import torch

    groups = [
        {"params": [weight for weight in weights if weight.ndim >= 2], "weight_decay": settings.weight_decay},
        {"params": [weight for weight in weights if weight.ndim < 2], "weight_decay": 0.0},
    ]
    chosen = {"lr": settings.peak_learning_rate, "betas": (settings.beta_1, settings.beta_2), "eps": settings.epsilon}
    try:
        return torch.optim.AdamW(groups, fused=True, **chosen)
    except RuntimeError:  # fused is for some devices and types only; the plain one does the same, slower
        return torch.optim.AdamW(groups, **chosen)
