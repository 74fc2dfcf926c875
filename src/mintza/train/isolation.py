"""Whether documents in one row see each other. A leak says nothing and spoils everything, so it is looked for before training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from mintza.errors import TrainingError
from mintza.train.schedule import number_from

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOLERANCE = 1e-4
LENGTHS = (9, 1, 14, 6)
Logits = Callable[[Sequence[Sequence[int]]], "NDArray[Any]"]


def check_isolation(packed: Logits, alone: Logits, vocabulary: int) -> None:
    """Raise TrainingError when logits of documents packed in a row differ from those of each document alone.

    packed, alone: documents as ids -> fp32 logits of all their tokens in order, shape (tokens, vocabulary): `packed` as
    training computes them, `alone` one document a call of the model.  The difference allowed is 1e-4 of the largest logit.
    It finds what the head is given beside the weights too (a scale or a cap that training would miss).
    """
    documents = [
        [number_from(document, place) % vocabulary for place in range(length)]
        for document, length in enumerate(LENGTHS)
    ]
    found, expected = packed(documents), alone(documents)
    scale = max(1.0, float(abs(expected).max()))
    difference = float(abs(found - expected).max()) / scale
    if not difference < TOLERANCE:
        raise TrainingError(
            f"a document in a packed row gets other logits than alone (difference {difference:.2g}, {TOLERANCE:g} allowed): "
            "documents see each other, or this model's head does more than multiply",
            remedy="try `train: {execution: {attention: eager}}`; if that fails too, this architecture cannot be trained here",
        )
