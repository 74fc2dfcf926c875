"""Whether documents in one row see each other. A leak says nothing and spoils everything, so it is looked for before training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mintza.errors import TrainingError
from mintza.train.schedule import number_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-4
TOLERANCE_OF_GRADIENTS = 1e-4
"""Rounding alone gives 6e-6 at 135 M parameters, a leak over 0.1."""
TOLERANCE_IN_HALF_PRECISION = 0.05
"""Of kernels that know no fp32: rounding alone moves logits by some percent of the largest, a leak by most of it."""
LENGTHS = (9, 1, 14, 6)
Documents = Sequence[Sequence[int]]
Logits = Callable[[Documents], "NDArray[Any]"]


def documents_to_check(vocabulary: int) -> list[list[int]]:
    """Four short documents of arbitrary tokens."""
    return [
        [number_from(document, place) % vocabulary for place in range(length)]
        for document, length in enumerate(LENGTHS)
    ]


def check_isolation(packed: Logits, alone: Logits, vocabulary: int, *, tolerance: float = TOLERANCE) -> None:
    """Raise TrainingError when logits of documents packed in a row differ from those of each document alone.

    packed, alone: documents as ids -> logits of all their tokens in order, shape (tokens, vocabulary): `packed` as
    training computes them, `alone` one document a call of the model.  tolerance: of the largest logit, or of 1 when that is less.
    It finds what the head is given beside the weights too (a scale or a cap that training would miss).
    """
    documents = documents_to_check(vocabulary)
    found, expected = packed(documents), alone(documents)
    scale = max(1.0, float(abs(expected).max()))
    refuse_over(tolerance, float(abs(found - expected).max()) / scale, "logits")


def refuse_over(tolerance: float, difference: float, what: str) -> None:
    """Raise TrainingError when a relative difference between packed and alone is over the tolerance, or is no number."""
    if difference < tolerance:
        return
    raise TrainingError(
        f"a document in a packed row gets other {what} than alone (difference {difference:.2g}, {tolerance:g} allowed): "
        "documents see each other, or this model's head does more than multiply",
        remedy="try `train: {execution: {attention: eager}}`; if that fails too, this architecture cannot be trained here",
    )
