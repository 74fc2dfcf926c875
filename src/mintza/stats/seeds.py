"""A mean over trained models and items: both are a sample, the models of what other seeds would give, the items of an exam."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from math import sqrt
from typing import NamedTuple

import numpy as np

from mintza.stats.battles import Floats
from mintza.stats.effects import Effect
from mintza.stats.intervals import wilson
from mintza.stats.resampling import Numbers, weighted
from mintza.stats.student import student_half, student_p

_ROUNDING = 1e-9


class Seeded(NamedTuple):
    """effect: with an interval over items and seeds.  spread: standard deviation of a row's mean between seeds.

    from_seeds: share of the variance that seeds make up, 0 to 1.  freedom: degrees of freedom of the interval.
    """

    effect: Effect
    spread: float
    from_seeds: float
    freedom: float


def as_share(found: Seeded, n: int, *, level: float = 0.95) -> Seeded:
    """The same mean, of n items that each are right or wrong: its interval stays within 0 to 1, and where nothing varies it is Wilson's.

    Items that all seeds get right (or wrong) have no spread to tell how far the share may be off, and are not certain for that.
    Raises ValueError when n is 0.
    """
    effect = found.effect
    low, high = max(0.0, effect.low), min(1.0, effect.high)
    if effect.high - effect.low < _ROUNDING and abs(effect.value - round(effect.value)) < _ROUNDING:
        _, low, high = wilson(round(effect.value) * n, n, level)
    return found._replace(effect=effect._replace(low=low, high=high))


class _Parts(NamedTuple):
    """Variances of the grand mean: of items, of seeds, and of both together, which the other two hold once each."""

    items: float
    seeds: float
    both: float
    spread: float
    freedom: int


def mean_over_seeds(
    values: Sequence[Numbers], weights: Numbers, cells: Sequence[Hashable | None], *, level: float = 0.95
) -> Seeded:
    """Weighted mean over n items of p rows, every cell counting alike, with Student's interval over items and seeds.

    values: a row a trained model (or pair of models, as differences).  cells: of each row; rows of one cell differ in their seed
    alone. A cell None holds one row that no seed bears on. The variance between seeds is pooled over cells, whose seeds are taken
    for independent. Items and seeds are crossed: variance of items plus that of seeds less that of both, and never less than
    the greater. Raises ValueError for fewer than two items, shapes that do not agree, and no cell with two rows.
    Sources: Cameron, Gelbach and Miller (2011), Robust inference with multiway clustering; Satterthwaite (1946), An approximate
    distribution of estimates of variance components.
    """
    rows = [weighted(row, weights)[0] for row in values]
    heft = weighted(values[0], weights)[1] if rows else np.empty(0)
    if not rows or len(rows) != len(cells) or heft.size < 2:
        raise ValueError(f"{len(rows)} rows of {heft.size} items do not go with {len(cells)} cells")
    table = np.stack(rows)
    names: list[Hashable] = [place if cell is None else (cell,) for place, cell in enumerate(cells)]
    counts = {name: names.count(name) for name in names}
    share = np.array([1 / (len(counts) * counts[name]) for name in names])
    seeded = np.array([cell is not None for cell in cells])
    parts = _parts(table, heft / heft.sum(), names, share, seeded)
    variance = max(parts.items + parts.seeds - parts.both, parts.items, parts.seeds)
    value = float(share @ table @ heft / heft.sum())
    if variance <= 0:
        return Seeded(Effect(value, value, value, 1.0 if value == 0 else 0.0), 0.0, 0.0, float("inf"))
    below = parts.items**2 / (heft.size - 1) + parts.seeds**2 / parts.freedom
    freedom = max(1.0, variance**2 / below)
    half = student_half(level, freedom) * sqrt(variance)
    effect = Effect(value, value - half, value + half, student_p(value / sqrt(variance), freedom))
    from_seeds = min(1.0, max(parts.seeds - parts.both, 0.0) / variance)
    return Seeded(effect, parts.spread, from_seeds, freedom)


def _parts(table: Floats, heft: Floats, names: Sequence[Hashable], share: Floats, seeded: np.ndarray) -> _Parts:
    """heft: of items, adding to 1.  share: of rows, adding to 1."""
    n = heft.size
    correct = n / (n - 1)
    over_rows = share @ table
    items = correct * float(((heft * (over_rows - heft @ over_rows)) ** 2).sum())
    means = table @ heft
    within, apart = np.zeros_like(table), np.zeros_like(means)
    freedom = 0
    for name in dict.fromkeys(names):
        mine = [place for place, other in enumerate(names) if other == name]
        freedom += len(mine) - 1
        apart[mine] = means[mine] - means[mine].mean()
        within[mine] = table[mine] - table[mine].mean(axis=0) - apart[mine, None]
    if freedom < 1:
        raise ValueError("no cell has two rows, so nothing tells how seeds differ")
    spread = float((apart**2).sum()) / freedom
    over_seeds = float((share[seeded] ** 2).sum())
    each = (within**2).sum(axis=0) / freedom
    both = correct * float((heft**2 * each).sum()) * over_seeds
    return _Parts(items, spread * over_seeds, both, sqrt(spread), freedom)
