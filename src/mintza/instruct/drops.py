"""What the room's stages say when they drop something, and text as it may be stored."""

from __future__ import annotations

from mintza.records import Unit, Verdict

EXCERPT = 300


def dropped(
    record_id: str,
    step: str,
    reason: str,
    *,
    excerpt: str = "",
    value: float | None = None,
    threshold: float | None = None,
    unit: Unit = "conversation",
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


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced where they stand alone: they cannot be written as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
