"""What the room's stages say when they drop a conversation."""

from __future__ import annotations

from mintza.records import Verdict

EXCERPT = 300


def dropped(
    record_id: str,
    step: str,
    reason: str,
    *,
    excerpt: str = "",
    value: float | None = None,
    threshold: float | None = None,
) -> Verdict:
    """A verdict on a conversation that goes no further. excerpt: cut to 300 characters."""
    return Verdict(
        record_id=record_id,
        unit="conversation",
        step=step,
        kept=False,
        reason=reason,
        value=value,
        threshold=threshold,
        excerpt=excerpt[:EXCERPT],
    )
