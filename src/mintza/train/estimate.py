"""What a training will cost, before anything is read: for `mintza plan`."""

from __future__ import annotations

import math
from typing import NamedTuple

from mintza.train.schedule import total_steps
from mintza.train.settings import TrainSettings

STATE_BYTES = 16
"""Bytes a parameter while training: weight, gradient and two moments in fp32."""


class Estimate(NamedTuple):
    """The size of a training.

    tokens: padding included.  steps: of the optimiser.  operations: floating-point.  state_bytes: of memory, activations apart.
    """

    tokens: int
    steps: int
    operations: float
    state_bytes: int


def estimate(settings: TrainSettings, *, tokens: int, sequence_length: int, parameters: int) -> Estimate:
    """The size of a training on a mixture of `tokens` (one epoch; of no account when a token budget is set).

    parameters: of the backbone.  Rows are taken to be full, which packing comes near to.
    Source of the operations: 6 a parameter and token (Kaplan et al., 2020).
    """
    rows = max(1, math.ceil(tokens / sequence_length))
    steps = total_steps(settings, rows, sequence_length)
    trained = steps * settings.rows_per_step * sequence_length
    return Estimate(trained, steps, 6.0 * parameters * trained, STATE_BYTES * parameters)
