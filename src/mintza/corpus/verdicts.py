"""How the corpus writes down what it drops."""

from __future__ import annotations

from mintza.records import Unit, Verdict

EXCERPT = 300


def dropped(
    record_id: str,
    step: str,
    reason: str,
    *,
    unit: Unit = "document",
    value: float | None = None,
    threshold: float | None = None,
    excerpt: str = "",
) -> Verdict:
    """A verdict on a document or paragraph that goes. value is rounded to 4 decimals."""
    return Verdict(
        record_id=record_id,
        unit=unit,
        step=step,
        kept=False,
        reason=reason,
        value=None if value is None else round(value, 4),
        threshold=threshold,
        excerpt=excerpt[:EXCERPT],
    )
