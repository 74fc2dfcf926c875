"""A score of an answer: whose it is, and on what, stands in the answer."""

from __future__ import annotations

from mintza.records import Answer, Score


def scored(answer: Answer, metric: str, value: float, *, weight: float = 1.0) -> Score:
    """What an answer comes to by a metric. weight: of the item in a mean."""
    return Score(
        exam=answer.exam,
        item_id=answer.item_id,
        model=answer.model,
        language=answer.language,
        metric=metric,
        value=value,
        weight=weight,
    )
