"""Rotary positions in half precision, with a backward pass of their own: a turn back instead of slices, zeros and sums."""

from __future__ import annotations

import inspect
import types
from collections.abc import Sequence
from functools import cache
from typing import Any

ROTATION = "apply_rotary_pos_emb"
"""What transformers calls it, in the file of each architecture."""
TOLERANCE = 1e-6


def plain_rotations(model: Any) -> list[str]:
    """Names of a model's attentions whose rotation is shown, on numbers, to turn the two halves of a vector by the angles given."""
    return [name for name, module in model.named_modules() if _is_plain(module)]


def quicken(model: Any, names: Sequence[str]) -> None:
    """Give some attentions of a model a quicker rotation in half precision. In full precision nothing changes."""
    for name in names:
        module = model.get_submodule(name)
        before = inspect.unwrap(type(module).forward)
        named = {**before.__globals__, ROTATION: _rotation(before.__globals__[ROTATION])}
        forward = types.FunctionType(before.__code__, named, before.__name__, before.__defaults__, before.__closure__)
        forward.__kwdefaults__ = before.__kwdefaults__
        module.forward = types.MethodType(forward, module)


def _is_plain(module: Any) -> bool:
    import torch

    forward = inspect.unwrap(type(module).forward)
    if "forward" in vars(module) or ROTATION not in getattr(getattr(forward, "__code__", None), "co_names", ()):
        return False
    own = forward.__globals__.get(ROTATION)
    if own is None:
        return False
    generator = torch.Generator().manual_seed(1)
    query, key = (torch.randn(1, heads, 5, 8, generator=generator) for heads in (4, 2))
    angles = torch.rand(1, 5, 4, generator=generator) * 6
    cosine, sine = (turned(torch.cat([angles, angles], -1)) for turned in (torch.cos, torch.sin))
    try:
        found = own(query, key, cosine, sine)
    except Exception:  # whatever it wants, it is not this
        return False
    return all(
        each.shape == given.shape
        and bool((each - _turned(given, cosine[:, None], sine[:, None])).abs().max() <= TOLERANCE)
        for each, given in zip(found, (query, key), strict=True)
    )


def _rotation(before: Any) -> Any:
    import torch

    def rotated(query: Any, key: Any, cosine: Any, sine: Any, *more: Any, **said: Any) -> tuple[Any, Any]:
        kind = query.device.type
        if more or said or not torch.is_autocast_enabled(kind) or query.dtype != torch.get_autocast_dtype(kind):
            found: tuple[Any, Any] = before(query, key, cosine, sine, *more, **said)
            return found
        cosine, sine = (each.float().unsqueeze(1) for each in (cosine, sine))
        with torch.autocast(kind, enabled=False):
            return tuple(_function().apply(each, cosine, sine) for each in (query, key))

    return rotated


def _turned(given: Any, cosine: Any, sine: Any) -> Any:
    """Each vector's halves (a, b) as (a cos - b sin, b cos + a sin), in fp32; cosine and sine are alike in both halves."""
    half = given.shape[-1] // 2
    wide = given.float()
    first, second = wide[..., :half], wide[..., half:]
    found = wide * cosine
    found[..., :half] -= second * sine[..., :half]
    found[..., half:] += first * sine[..., half:]
    return found


@cache
def _function() -> Any:
    import torch

    class Rotation(torch.autograd.Function):  # type: ignore[misc]
        @staticmethod
        def forward(ctx: Any, given: Any, cosine: Any, sine: Any) -> Any:
            ctx.save_for_backward(cosine, sine)
            return _turned(given, cosine, sine).to(given.dtype)

        @staticmethod
        @torch.autograd.function.once_differentiable  # type: ignore[untyped-decorator]
        def backward(ctx: Any, wanted: Any) -> Any:
            cosine, sine = ctx.saved_tensors
            return _turned(wanted, cosine, -sine).to(wanted.dtype), None, None

    return Rotation
