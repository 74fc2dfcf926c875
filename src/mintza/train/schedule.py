"""What happens at which step: how many steps, which rows, what learning rate. All of it a pure function of the step."""

from __future__ import annotations

import math
from functools import lru_cache

import xxhash

from mintza.train.settings import TrainSettings


def total_steps(settings: TrainSettings, rows: int, sequence_length: int) -> int:
    """Optimiser steps of a run on `rows` prepared rows, at least 1.

    By epochs, every row is seen `epochs` times at least (the last step goes on into the next round); by budget, no more
    tokens than the budget are used.
    """
    if settings.token_budget is not None:
        return max(1, settings.token_budget // (settings.rows_per_step * sequence_length))
    return max(1, math.ceil(settings.epochs * rows / settings.rows_per_step))


def rows_of_step(step: int, *, rows_per_step: int, rows: int, seed: int) -> list[int]:
    """Indices of the rows of a step (the first is 1). Each round over the rows has a seeded order of its own."""
    first = (step - 1) * rows_per_step
    return [shuffled(rows, seed, place // rows)[place % rows] for place in range(first, first + rows_per_step)]


@lru_cache(maxsize=2)
def shuffled(count: int, seed: int, around: int) -> tuple[int, ...]:
    """The numbers below `count` in the order of their hashes with the seed and the round: the same for ever, on any machine."""
    return tuple(sorted(range(count), key=lambda number: (number_from(seed, around, number), number)))


def number_from(*parts: int) -> int:
    """A 64-bit number that depends on the parts and on nothing else: the source of all luck in training."""
    return xxhash.xxh3_64_intdigest(",".join(map(str, parts)).encode())


def learning_rate(settings: TrainSettings, step: int, steps: int) -> float:
    """Rises in a line over the first `warm_up` of the steps, then falls by a cosine to `final_share` of the peak at the last.

    step: from 1 to `steps`.
    """
    peak = settings.peak_learning_rate
    warm = math.ceil(settings.warm_up * steps)
    if step <= warm:
        return peak * step / warm
    fallen = (step - warm) / (steps - warm)
    low = peak * settings.final_share
    return low + (peak - low) * (1 + math.cos(math.pi * fallen)) / 2


def evaluation_steps(settings: TrainSettings, steps: int, rows: int) -> frozenset[int]:
    """The steps after which held-out loss is measured: every so many, and the last.

    Left to itself four times an epoch, but at least four and at most forty times in a run.
    """
    times = min(40, max(4, round(4 * steps * settings.rows_per_step / max(1, rows))))
    every = settings.evaluate_every or math.ceil(steps / times)
    return frozenset((*range(every, steps + 1, every), steps))
