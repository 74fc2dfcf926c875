"""Attention on a CPU, document by document: nothing that is masked is computed, and backwards by large products of matrices."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

NAME = "mintza_documents"
"""What transformers calls it."""
BLOCK = 128
"""Queries that go backwards together."""
HARMLESS = frozenset(
    {"position_ids", "use_cache", "cache_position", "output_attentions", "is_causal", "dropout", "scaling"}
)
"""What a model may say to its attention; anything else would be unheard."""


def register() -> str:
    """Make it known to transformers; gives its name."""
    from transformers import AttentionInterface

    AttentionInterface.register(NAME, attend)
    return NAME


class Unsuited(Exception):
    """A model asks its attention for what this one does not do."""


def suits(model: Any) -> bool:
    """Whether a model's attention is plain: causal over all of a document, with nothing added to or dropped from its scores."""
    config = model.config
    unlike = (
        "sliding_window",
        "attn_logit_softcapping",
        "attention_chunk_size",
        "attention_dropout",
        "attn_pdrop",
        "alibi",
    )
    kinds = set(getattr(config, "layer_types", None) or ["full_attention"])
    return kinds == {"full_attention"} and not any(getattr(config, name, None) for name in unlike)


def attend(
    module: Any, query: Any, key: Any, value: Any, attention_mask: Any, *, scaling: float | None = None, **said: Any
) -> tuple[Any, None]:
    """As transformers asks for it. query: (rows, heads, length, size); key, value: of as many heads or of groups.

    Documents are told apart by `position_ids`, which begin again in each; without them a row is one document.
    Raises Unsuited when the model asks for what this does not do.
    """
    import torch

    unheard = sorted(name for name, value in said.items() if name not in HARMLESS and value is not None)
    if said.get("dropout"):
        unheard.append("dropout")
    if said.get("is_causal") is False:
        unheard.append("is_causal")
    if attention_mask is not None or unheard:
        raise Unsuited(", ".join(unheard) or "a mask")
    kind = query.device.type
    half = torch.is_autocast_enabled(kind)
    precision = torch.get_autocast_dtype(kind) if half else value.dtype
    quick = half and quick_in_half() and query.shape[-1] == value.shape[-1]
    scale = scaling or 1 / math.sqrt(query.shape[-1])
    positions = said.get("position_ids")
    with torch.autocast(kind, enabled=False):
        each = [tensor.to(precision) for tensor in (query, key, value)]
        rows = []
        for row in range(len(query)):
            edges = edges_of(None if positions is None else positions[row % len(positions)], query.shape[2])
            q, k, v = (tensor[row] for tensor in each)
            rows.append(_function().apply(q, k, v, edges, scale) if quick else _plain(q, k, v, edges, scale))
        found = torch.stack(rows) if len(rows) > 1 else rows[0][None]
    return found.transpose(1, 2), None


@cache
def quick_in_half() -> bool:
    """Whether this CPU multiplies matrices of bf16 by itself."""
    import torch

    return bool(torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported())


def edges_of(positions: Any, length: int) -> list[int]:
    """Where documents begin in a row, and its end."""
    starts = [0] if positions is None else (positions == 0).nonzero().flatten().tolist()
    if not starts or starts[0] != 0:
        raise Unsuited("rows that begin in the middle of a document")
    return [*starts, length]


def documents(edges: list[int], *tensors: Any) -> Iterator[tuple[Any, ...]]:
    """Each document's part of some tensors of shape (heads, length, ...)."""
    for start, end in pairwise(edges):
        yield tuple(tensor[:, start:end] for tensor in tensors)


def _plain(query: Any, key: Any, value: Any, edges: list[int], scale: float) -> Any:
    """By torch alone."""
    import torch

    each = [
        torch.nn.functional.scaled_dot_product_attention(
            q[None], k[None], v[None], is_causal=True, scale=scale, enable_gqa=True
        )[0]
        for q, k, v in documents(edges, query, key, value)
    ]
    return torch.cat(each, 1)


@cache
def _function() -> Any:
    import torch

    class Documents(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, query: Any, key: Any, value: Any, edges: list[int], scale: float) -> Any:
            ctx.edges, ctx.scale = edges, scale
            groups = len(query) // len(key)
            out, logs = torch.empty_like(query), query.new_empty(query.shape[:2], dtype=torch.float32)
            for q, k, v, o, log in documents(edges, query, key, value, out, logs):
                k, v = (each.repeat_interleave(groups, 0) for each in (k, v))
                found = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
                    q[None], k[None], v[None], 0.0, True, scale=scale
                )
                o.copy_(found[0][0])
                log.copy_(found[1][0])
            ctx.save_for_backward(query, key, value, out, logs)
            return out

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, wanted: Any) -> Any:
            query, key, value, out, logs = ctx.saved_tensors
            grads = [torch.empty_like(each) for each in (query, key, value)]
            less = (wanted.float() * out).sum(-1)
            given = (*grads, query, key, value, wanted, logs, less)
            for parts in documents(ctx.edges, *given):
                _backward(*parts, scale=ctx.scale)
            return *grads, None, None

    return Documents


def _backward(
    by_q: Any,
    by_k: Any,
    by_v: Any,
    query: Any,
    key: Any,
    value: Any,
    wanted: Any,
    logs: Any,
    less: Any,
    *,
    scale: float,
) -> None:
    """Gradients of one document, into the first three.

    A product in bf16 is rounded when it is done, and scores are large: so what they are held against (the logarithm of their
    sum, and the mean of what is wanted) is taken off inside the product, as two numbers more of each vector, and what is rounded
    is small where it weighs much.
    """
    import torch

    groups, length = len(query) // len(key), query.shape[1]
    apart = scale
    if math.frexp(scale)[0] == 0.5:  # a power of two can be taken into the vectors without rounding
        query, apart = query * scale, 1.0
    q, k = _with(query, logs / -apart), _with_ones(key)
    w, v = _with(wanted, -less), _with_ones(value)
    sum_k, sum_v = (torch.zeros(each.shape, dtype=torch.float32) for each in (key, value))
    for start in range(0, length, BLOCK):
        end = min(start + BLOCK, length)
        own, their = (_of_groups(each[:, start:end], groups) for each in (q, w))
        weights = torch.bmm(own, k[:, :end].transpose(1, 2))
        later = torch.ones(end - start, end - start, dtype=torch.bool).triu_(1)
        weights.view(len(key), groups, end - start, end)[..., start:].masked_fill_(later, -math.inf)
        weights = (weights if apart == 1.0 else weights.mul_(apart)).exp_()
        sum_v[:, :end] += torch.bmm(weights.transpose(1, 2), their[..., :-2])
        scores = torch.bmm(their, v[:, :end].transpose(1, 2)).mul_(weights)
        sum_k[:, :end] += torch.bmm(scores.transpose(1, 2), own[..., :-2])
        found = torch.bmm(scores, key[:, :end])
        by_q[:, start:end] = found.view(len(query), end - start, -1).mul_(scale)
    by_k.copy_(sum_k.mul_(apart))
    by_v.copy_(sum_v)


def _of_groups(each: Any, groups: int) -> Any:
    """(heads, length, size) -> (groups of heads with one key, heads of a group x length, size)."""
    return each.reshape(len(each) // groups, -1, each.shape[-1])


def _with(vectors: Any, number: Any) -> Any:
    """Vectors with a number more each, in two parts, since one would be rounded."""
    import torch

    high = number.to(vectors.dtype)
    return torch.cat([vectors, high[..., None], (number - high).to(vectors.dtype)[..., None]], -1)


def _with_ones(vectors: Any) -> Any:
    """Vectors with 1, 1 behind."""
    import torch

    return torch.cat([vectors, vectors.new_ones(*vectors.shape[:2], 2)], -1)
