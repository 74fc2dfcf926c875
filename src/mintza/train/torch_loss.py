"""The loss of packed rows, as one torch module: embeddings, noise, the backbone, and the head a chunk at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from mintza.train.schedule import number_from
from mintza.train.torch_head import head_nats

NOISE = 1
"""Stream of luck of NEFTune, so that its draws never follow another's."""


def packed_loss(model: Any, chunk: int) -> Any:
    """A torch module around a causal language model: rows -> nats over their supervised tokens times a scale, and the nats.

    It is called with ids and positions (rows, length), wanted (rows, length - 1), true where the next token bears loss,
    noise, of the embeddings' shape, or None, and the scale. What is scaled is to go backwards from. All of the model's weights are
    used inside the call, as FSDP asks for.
    """
    import torch
    from torch.utils.checkpoint import checkpoint

    class PackedLoss(torch.nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, ids: Any, positions: Any, wanted: Any, noise: Any, scale: float = 1.0) -> tuple[Any, Any]:
            seen = hidden(model, ids, positions, noise)[:, :-1][wanted]
            expected = ids[:, 1:][wanted]
            head = model.get_output_embeddings()
            if type(head) is torch.nn.Linear and head.bias is None:
                return head_nats(head, seen, expected, chunk=chunk, scale=scale)
            pieces = zip(seen.split(chunk), expected.split(chunk), strict=True)
            nats = torch.stack([checkpoint(self.nats, a, b, use_reentrant=False) for a, b in pieces]).sum()
            return nats * scale, nats.detach()

        def nats(self, seen: Any, expected: Any) -> Any:
            """Of a head that is more than a matrix, such as one with adapters."""
            logits = model.get_output_embeddings()(seen).float()
            return torch.nn.functional.cross_entropy(logits, expected, reduction="sum")

    return PackedLoss()


def hidden(model: Any, ids: Any, positions: Any, noise: Any) -> Any:
    """What the head sees, shape (rows, length, width).

    No mask and no cache: only then does transformers keep documents apart by their positions (docs/decisions/0031).
    """
    embedded = model.get_input_embeddings()(ids)
    if noise is not None:
        embedded = embedded + noise
    return model.base_model(inputs_embeds=embedded, position_ids=positions, use_cache=False).last_hidden_state


def noise_of_rows(
    alpha: float, rows: Sequence[int], shape: tuple[int, int], *, seed: int, step: int, device: Any
) -> Any:
    """NEFTune's noise for rows, by their places in a step: shape (rows, length, width), None when alpha is 0."""
    import torch

    if not alpha:
        return None
    return torch.stack([neftune(alpha, *shape, number_from(NOISE, seed, step, row), device=device) for row in rows])


def neftune(alpha: float, length: int, width: int, seed: int, device: Any = "cpu") -> Any:
    """Noise for one row's embeddings, shape (length, width): uniform in +-alpha / sqrt(length x width), a function of the seed.

    The number at each place is a hash of the seed and the place, by arithmetic of integers alone: the same bits on every device.
    Source: Jain et al. (2023), NEFTune; the length is the row's, as is usual with packed rows. The hash's constants: lowbias32
    of Wellons (2018), hash-prospector.
    """
    import torch

    x = torch.arange(length * width, dtype=torch.int32, device=device)
    for part in (seed & 0xFFFFFFFF, seed >> 32 & 0xFFFFFFFF):
        x = _mixed(x.bitwise_xor_(part - (1 << 32) if part >= 1 << 31 else part))
    unit = x.bitwise_right_shift_(8).bitwise_and_(0xFFFFFF).float()
    scale = alpha / math.sqrt(length * width)
    return unit.mul_(2 * scale / (1 << 24)).sub_(scale).view(length, width)


def _mixed(x: Any) -> Any:
    """Each number hashed, in place. int32 wraps round; a shift to the right drags the sign along, which the mask takes off."""
    for shift, factor in ((16, 0x7FEB352D), (15, 0x846CA68B - (1 << 32)), (16, 1)):
        x ^= (x >> shift) & ((1 << (32 - shift)) - 1)
        x *= factor
    return x
