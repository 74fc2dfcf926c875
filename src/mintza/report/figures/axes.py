"""Axes: round steps between two bounds."""

from __future__ import annotations

from math import ceil, floor, isfinite, log10


def round_steps(low: float, high: float, most: int = 5) -> list[float]:
    """At most about `most` round numbers (1, 2 or 5 times a power of ten apart) between two bounds, both included."""
    if not (isfinite(low) and isfinite(high)) or high <= low:
        return [low]
    rough = (high - low) / most
    power = 10.0 ** floor(log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    return [place * step for place in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def share(value: float, low: float, high: float) -> float:
    """Where a value lies between two bounds, in per cent, not outside them."""
    if high <= low:
        return 50.0
    return round(min(100.0, max(0.0, 100 * (value - low) / (high - low))), 3)
