"""The head and its loss in one: logits are held once, in the precision of the computation, and their gradient takes their place."""

from __future__ import annotations

from functools import cache
from typing import Any

AT_ONCE_ON_CPU, AT_ONCE_ELSEWHERE = 1 << 22, 1 << 26
"""Logits that are in fp32 at once: on a CPU what its caches hold."""


def head_nats(head: Any, seen: Any, expected: Any, *, chunk: int, scale: float, at_once: int = 0) -> tuple[Any, Any]:
    """Nats over tokens times `scale`, to go backwards from, and the nats, each a scalar.

    head: a linear layer without bias.  seen: what it sees, (tokens, width).  expected: ids.  chunk: tokens whose logits are held.
    at_once: logits that are in fp32 at once, 0 for what suits the device.
    The loss and the gradient are those of cross_entropy(head(seen), expected) x scale, with logits in the precision of the
    computation, at most `chunk` tokens at once. The loss is a plain sum, so its gradient by a logit, (softmax - 1 at what was
    expected) x scale, is known as soon as the logit is: nothing is computed twice, and only some rows are ever in fp32.
    """
    import torch

    kind = seen.device.type
    precision = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else seen.dtype
    at_once = at_once or (AT_ONCE_ON_CPU if kind == "cpu" else AT_ONCE_ELSEWHERE)
    rows = max(1, at_once // len(head.weight))
    told = (expected, chunk, rows, scale, precision, torch.is_grad_enabled())
    with torch.autocast(kind, enabled=False):
        scaled, nats = _function().apply(seen, head.weight, *told)
    return scaled, nats


@cache
def _function() -> Any:
    import torch

    class HeadNats(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(
            ctx: Any,
            seen: Any,
            weight: Any,
            expected: Any,
            chunk: int,
            rows: int,
            scale: float,
            precision: Any,
            learning: bool,
        ) -> Any:
            of_seen, of_weight = (learning and needed for needed in ctx.needs_input_grad[:2])
            narrow, matrix = seen.to(precision), weight.to(precision)
            by_seen, by_weight = [], None
            nats = torch.zeros((), dtype=torch.float32, device=seen.device)
            for some, right in zip(narrow.split(chunk), expected.split(chunk), strict=True):
                logits = some @ matrix.t()
                nats += _nats(logits, right, rows, scale if of_seen or of_weight else None)
                if of_seen:
                    by_seen.append((logits @ matrix).to(seen.dtype))
                if of_weight:
                    part = (logits.t() @ some).to(weight.dtype)
                    by_weight = part if by_weight is None else by_weight.add_(part)
                    del part
                del logits  # before the next ones are made
            ctx.save_for_backward(torch.cat(by_seen) if of_seen else None, by_weight)
            ctx.mark_non_differentiable(nats)
            return nats * scale, nats

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, wanted: Any, _: Any) -> Any:
            by_seen, by_weight = ctx.saved_tensors
            if wanted.device.type != "cpu" or float(wanted) != 1.0:
                by_seen, by_weight = (None if each is None else each * wanted for each in (by_seen, by_weight))
            return by_seen, by_weight, *[None] * 6

    return HeadNats


def _nats(logits: Any, right: Any, rows: int, scale: float | None) -> Any:
    """Nats of what was right, by so many rows at once. scale: logits are replaced by the gradient times this; None: nobody needs it."""
    import torch

    nats = torch.zeros((), dtype=torch.float32, device=logits.device)
    for some, tokens in zip(logits.split(rows), right.split(rows), strict=True):
        logs, places = torch.log_softmax(some.float(), -1), tokens[:, None]
        nats -= logs.gather(1, places).sum()
        if scale is not None:
            logs.exp_().scatter_add_(1, places, torch.full_like(places, -1, dtype=logs.dtype))
            some.copy_(logs.mul_(scale))
        del logs
    return nats
