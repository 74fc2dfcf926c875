"""How a long stage says how far it is, without knowing who listens."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called by a stage as it goes; cheap enough to call once a record."""

    def __call__(self, done: int, total: int | None, note: str = "") -> None:
        """Say that `done` of `total` units are done (total None: not known); `note` is a few words, such as the loss."""


def silent(done: int, total: int | None, note: str = "") -> None:
    """Progress that nobody listens to."""
