"""What a training will cost, before anything is read: for `mintza plan`."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from mintza.train.hardware import MODEL_SHARE_OF_PEAK, RECOMPUTED, gpu
from mintza.train.schedule import total_steps
from mintza.train.settings import LoraMethod, TrainSettings
from mintza.train.torch_head import AT_ONCE_ELSEWHERE, AT_ONCE_ON_CPU

STATE_BYTES = 16
"""Bytes a trained parameter: weight, gradient and two moments in fp32."""
SPARE = 1.05
CONTEXT_BYTES, LIBRARY_BYTES = 1.5e9, 0.5e9
"""What the driver, the kernels and the communication take on a GPU, and torch itself on a CPU; what the allocator loses comes on
top (SPARE)."""


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


def memory_parts(
    settings: TrainSettings, shape: Shape, sequence_length: int, processes: int, *, on_cpu: bool = False
) -> dict[str, float]:
    """Bytes of one process, on its GPU or, on_cpu, in the machine's memory, by what they are for.

    A layer's activations are taken as 20 bytes x width + 8 x inner a token in bf16 (its inputs in fp32, the rest in bf16, attention
    without its matrix): after Korthikanti et al. (2022), counted anew for a gated feed-forward part. In fp32 the norms and the
    rotation keep what lies between too: 44 x width + 16 x inner. All of it was met within 1 %, with gradient
    checkpointing 4 %, by what torch's allocator counted (decision 0236).
    """
    execution = settings.execution
    half = settings.precision == "bf16"
    group = min(execution.shard_group or processes, processes)
    embeddings = shape.vocabulary * shape.width * (1 if shape.tied else 2)
    layer = (shape.parameters - embeddings) / shape.layers
    trained = 4 if isinstance(settings.method, LoraMethod) else STATE_BYTES
    tokens = execution.micro_batch_rows * sequence_length
    of_layer = tokens * (20.0 * shape.width + 8.0 * shape.inner if half else 44.0 * shape.width + 16.0 * shape.inner)
    kept = execution.gradient_checkpointing
    head = _head_bytes(settings, shape, tokens, AT_ONCE_ON_CPU if on_cpu else AT_ONCE_ELSEWHERE)
    parts = {
        "weights, gradients, moments": trained * shape.parameters / group,
        "gathered weights and their gradients": 8.0 * embeddings + 2 * layer * (2 + 4),
        "weights in bf16": 2.0 * layer * (1 if kept else shape.layers) if half else 0.0,
        "activations": shape.layers * tokens * shape.width * 4.0 + of_layer if kept else shape.layers * of_layer,
        # Gathered gradients of the embeddings come when what the head works with has gone.
        "head and logits": head if group == 1 else max(0.0, head - 4.0 * embeddings),
    }
    del parts["weights in bf16" if group > 1 else "gathered weights and their gradients"]
    return parts


def _head_bytes(settings: TrainSettings, shape: Shape, tokens: int, at_once: int) -> float:
    """Of the head and its loss in one (torch_head.py): logits of a chunk, some of them in fp32, and the gradient of the head."""
    half = settings.precision == "bf16"
    chunk = min(settings.execution.loss_chunk, tokens)
    logits, matrix = float(chunk * shape.vocabulary), float(shape.vocabulary * shape.width)
    in_fp32 = (8.0 if half else 4.0) * min(max(at_once, shape.vocabulary), logits)
    gradient = (0.0 if isinstance(settings.method, LoraMethod) else 6.0 if half else 4.0) * matrix
    before = 4.0 * matrix if gradient and tokens > chunk else 0.0  # of the chunks that are done
    return (2.0 if half else 4.0) * logits + (2.0 * matrix if half else 0.0) + before + max(in_fp32, gradient)
