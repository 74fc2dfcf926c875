"""Log-likelihoods are checked where they come in: one that is not a number would spoil a mean in silence."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from mintza.errors import ModelError
from mintza.models.seam import TextModel


def finite(nats: Sequence[float], model: TextModel, of: str) -> tuple[float, ...]:
    """The same numbers. Raises ModelError naming the model and the text when one is not finite."""
    if not all(isfinite(value) for value in nats):
        raise ModelError(
            f"{model.ref.name} gives a log-likelihood that is not a finite number",
            place=of,
            remedy="its weights are broken or its precision is too low: open it in float32, or train with a lower rate",
        )
    return tuple(nats)
