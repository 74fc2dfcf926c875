"""The check of isolation on a model of transformers: its logits and its gradients, packed and alone."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mintza.train.isolation import (
    LENGTHS,
    TOLERANCE,
    TOLERANCE_IN_HALF_PRECISION,
    TOLERANCE_OF_GRADIENTS,
    Documents,
    check_isolation,
    documents_to_check,
    refuse_over,
)
from mintza.train.torch_attention import NAME
from mintza.train.torch_loss import hidden, packed_loss

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGE = 300_000_000
"""Parameters above which two layers with random weights stand for the model."""


def check_model(model: Any, *, half: bool = False) -> None:
    """Raise TrainingError when documents in one row see each other in this model: their logits, then their gradients.

    half: check in bf16, on the GPU, since the attention that is configured knows no fp32; gradients are then left out.
    A model of more than 300 M parameters is stood for by two of its layers, newly made. The model is left as it was.
    """
    import torch

    probe = cut_to_two_layers(model) if sum(weight.numel() for weight in model.parameters()) > LARGE else model
    if half:
        probe = (copy.deepcopy(probe) if probe is model else probe).to("cuda", torch.bfloat16)
    probe.eval()
    vocabulary = int(probe.get_input_embeddings().weight.shape[0])
    with torch.no_grad():
        check_isolation(
            lambda each: packed_logits(probe, each),
            lambda each: _logits_alone(probe, each),
            vocabulary,
            tolerance=TOLERANCE_IN_HALF_PRECISION if half else TOLERANCE,
        )
    if not half:
        refuse_over(TOLERANCE_OF_GRADIENTS, difference_of_gradients(probe, documents_to_check(vocabulary)), "gradients")


def packed_logits(model: Any, documents: Documents) -> NDArray[Any]:
    """Logits of documents in one row, as training computes them."""
    ids, positions = _row(documents, _device(model))
    found: NDArray[Any] = model.get_output_embeddings()(hidden(model, ids, positions, None))[0].float().cpu().numpy()
    return found


def difference_of_gradients(model: Any, documents: Documents) -> float:
    """Norm of the difference between the gradient of documents in one row and the sum of those of each alone, by the latter's norm."""
    packed = _gradient(model, [documents])
    alone = _gradient(model, [[document] for document in documents if len(document) > 1])
    apart = math.sqrt(sum(float((a - b).double().square().sum()) for a, b in zip(packed, alone, strict=True)))
    return apart / math.sqrt(sum(float(b.double().square().sum()) for b in alone))


def _gradient(model: Any, rows: Sequence[Documents]) -> list[Any]:
    import torch

    loss = packed_loss(model, sum(LENGTHS))
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    total = 0
    for documents in rows:
        ids, positions = _row(documents, _device(model))
        total = total + loss(ids, positions, positions[:, 1:] > 0, None)[0]
    return list(torch.autograd.grad(total, weights, allow_unused=True, materialize_grads=True))


def _row(documents: Documents, device: Any) -> tuple[Any, Any]:
    import torch

    ids = torch.tensor([[token for document in documents for token in document]], device=device)
    positions = torch.tensor([[place for document in documents for place in range(len(document))]], device=device)
    return ids, positions


def _logits_alone(model: Any, documents: Documents) -> NDArray[Any]:
    import torch

    device = _device(model)
    with _judged_by_transformers(model):
        each = [model(input_ids=torch.tensor([one], device=device), use_cache=False).logits[0] for one in documents]
    found: NDArray[Any] = torch.cat(each).float().cpu().numpy()
    return found


@contextmanager
def _judged_by_transformers(model: Any) -> Iterator[None]:
    """Alone, a document is seen by the attention of transformers, so that what ours leaves out would show."""
    chosen = model.config._attn_implementation
    if chosen != NAME:
        yield
        return
    model.set_attn_implementation("sdpa")
    try:
        yield
    finally:
        model.set_attn_implementation(chosen)


def _device(model: Any) -> Any:
    return next(model.parameters()).device


def cut_to_two_layers(model: Any) -> Any:
    """A model of the same architecture and attention with two layers, newly made, and its settings else as they are."""
    import torch

    config = copy.deepcopy(model.config)
    config.num_hidden_layers = 2
    if getattr(config, "layer_types", None):
        config.layer_types = list(config.layer_types)[:2]
    state = torch.get_rng_state()
    try:
        torch.manual_seed(0)
        return type(model)._from_config(config, dtype=torch.float32)
    finally:
        torch.set_rng_state(state)
