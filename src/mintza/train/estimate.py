"""What a training will cost, before anything is read: for `mintza plan`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from mintza.train.hardware import MODEL_SHARE_OF_PEAK, RECOMPUTED, gpu
from mintza.train.schedule import total_steps
from mintza.train.settings import LoraMethod, TrainSettings

STATE_BYTES = 16
"""Bytes a trained parameter: weight, gradient and two moments in fp32."""
SPARE = 1.05
CONTEXT_BYTES = 1.5e9
"""What the driver, the kernels and the communication take, and what the allocator loses on top (SPARE)."""


class Estimate(NamedTuple):
    """The size of a training.

    tokens: padding included.  steps: of the optimiser.  operations: floating-point.  state_bytes: of memory, activations apart.
    """

    tokens: int
    steps: int
    operations: float
    state_bytes: int


class Shape(NamedTuple):
    """The size of a model.

    parameters: all.  layers, width: of the residual stream.  inner: width of the feed-forward part.  vocabulary: tokens.
    tied: whether the head is the embeddings.
    """

    parameters: int
    layers: int
    width: int
    inner: int
    vocabulary: int
    tied: bool


class Fit(NamedTuple):
    """Whether a training fits GPUs and what it takes there. bytes_by_part: of one GPU.  gpu_hours: of all GPUs together."""

    fits: bool
    memory_bytes: float
    bytes_by_part: dict[str, float]
    hours: float
    gpu_hours: float


def estimate(settings: TrainSettings, *, tokens: int, sequence_length: int, parameters: int) -> Estimate:
    """The size of a training on a mixture of `tokens` (one epoch; of no account when a token budget is set).

    parameters: of the backbone.  Rows are taken to be full, which packing comes near to.
    Source of the operations: 6 a parameter and token (Kaplan et al., 2020).
    """
    rows = max(1, math.ceil(tokens / sequence_length))
    steps = total_steps(settings, rows, sequence_length)
    trained = steps * settings.rows_per_step * sequence_length
    return Estimate(trained, steps, 6.0 * parameters * trained, STATE_BYTES * parameters)


def shape_of(config: Mapping[str, Any]) -> Shape | None:
    """The size of a model by its Hugging Face configuration, None when that does not say it in the usual words.

    Counts the weights of a Llama-like decoder: grouped attention, a gated feed-forward part, norms left out.
    """
    try:
        layers, width, inner = config["num_hidden_layers"], config["hidden_size"], config["intermediate_size"]
        heads, vocabulary = config["num_attention_heads"], config["vocab_size"]
    except KeyError:
        return None
    head = config.get("head_dim") or width // heads
    groups = config.get("num_key_value_heads") or heads
    tied = bool(config.get("tie_word_embeddings", False))
    attention = width * head * (2 * heads + 2 * groups)
    embeddings = vocabulary * width * (1 if tied else 2)
    return Shape(layers * (attention + 3 * width * inner) + embeddings, layers, width, inner, vocabulary, tied)


def operations_a_token(shape: Shape, sequence_length: int) -> float:
    """Forward and backward: 6 a parameter and 12 x layers x width x sequence length.

    Source: Chowdhery et al. (2022), PaLM, appendix B. Short documents in a row attend to less, so it is an upper bound.
    """
    return 6.0 * shape.parameters + 12.0 * shape.layers * shape.width * sequence_length


def fit(
    settings: TrainSettings,
    shape: Shape,
    *,
    tokens: int,
    sequence_length: int,
    gpu_name: str,
    gpus: int,
    tokens_a_second: float | None = None,
) -> Fit:
    """Whether a training of `tokens` in all fits so many GPUs of a kind, and how long it takes there.

    tokens_a_second: of all GPUs together, as a run of a few steps measured it; None for the hardware's table.
    Raises StudyError for an unknown GPU.
    """
    kind = gpu(gpu_name)
    parts = memory_parts(settings, shape, sequence_length, gpus)
    total = sum(parts.values()) * SPARE + CONTEXT_BYTES
    if tokens_a_second is None:
        again = RECOMPUTED if settings.execution.gradient_checkpointing else 1.0
        usable = gpus * kind.operations_a_second * MODEL_SHARE_OF_PEAK / again
        tokens_a_second = usable / operations_a_token(shape, sequence_length)
    hours = tokens / tokens_a_second / 3600
    return Fit(total <= kind.memory_bytes, total, parts, hours, hours * gpus)


def memory_parts(settings: TrainSettings, shape: Shape, sequence_length: int, gpus: int) -> dict[str, float]:
    """Bytes on one GPU, by what they are for.

    A layer's activations are taken as 20 bytes x width + 8 x inner a token (its inputs in fp32, the rest in bf16, attention
    without its matrix): after Korthikanti et al. (2022), counted anew for a gated feed-forward part.
    """
    execution = settings.execution
    group = min(execution.shard_group or gpus, gpus)
    embeddings = shape.vocabulary * shape.width * (1 if shape.tied else 2)
    layer = (shape.parameters - embeddings) / shape.layers
    trained = 4 if isinstance(settings.method, LoraMethod) else STATE_BYTES
    tokens = execution.micro_batch_rows * sequence_length
    of_layer = tokens * (20.0 * shape.width + 8.0 * shape.inner)
    kept = execution.gradient_checkpointing
    return {
        "weights, gradients, moments": trained * shape.parameters / group,
        "gathered weights and their gradients": 0.0 if group == 1 else 8.0 * embeddings + 2 * layer * (2 + 4),
        "activations": shape.layers * tokens * shape.width * 4.0 + of_layer if kept else shape.layers * of_layer,
        "logits": 10.0 * min(execution.loss_chunk, tokens) * shape.vocabulary,
    }
