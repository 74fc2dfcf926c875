"""Reviews: what speakers say of conversations that they have read."""

from __future__ import annotations

from typing import Literal

from mintza.records.base import Record

Decision = Literal["accepted", "edited", "rejected", "skipped", "undone"]
Objection = Literal["meaning", "unnatural", "language", "register", "form", "unsafe", "other"]


class Review(Record, frozen=True, kw_only=True):
    """One decision of one person on one conversation.

    conversation: its id.  component: that it belongs to.  seen: sha256 of what the reviewer saw (original and
    conversation), so that a decision on another text never counts.  reviewer: pseudonym.
    decision: `skipped` leaves it to others; `undone` takes the reviewer's last decision on it back.
    objection: why it was rejected.  note: in the reviewer's words.  turns: all turns as the reviewer left them, when edited.
    seconds: from when it was shown until it was decided, a pause counted as ten minutes.  at: ISO 8601, UTC.
    """

    conversation: str
    component: str
    seen: str
    reviewer: str
    decision: Decision
    objection: Objection | None = None
    note: str = ""
    turns: tuple[str, ...] = ()
    seconds: float = 0.0
    at: str
