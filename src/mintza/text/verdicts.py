"""How a step writes down what it drops."""

from __future__ import annotations

from mintza.records import Unit, Verdict

EXCERPT = 300
# How the excerpt of a copy begins, before the id of what was kept in its place.
KEPT_INSTEAD = "kept: "


def dropped(
    record_id: str,
    step: str,
    reason: str,
    *,
    unit: Unit,
    value: float | None = None,
    threshold: float | None = None,
    excerpt: str = "",
) -> Verdict:
    """A verdict on what goes no further. excerpt: cut to 300 characters."""
    return Verdict(
        record_id=record_id,
        unit=unit,
        step=step,
        kept=False,
        reason=reason,
        value=value,
        threshold=threshold,
        excerpt=excerpt[:EXCERPT],
    )
