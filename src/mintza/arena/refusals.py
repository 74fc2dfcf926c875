"""What the arena says no to: each a status, a code that never changes, and words for the person.

MintzaError
 └─ Refused            what was asked for cannot be
     └─ DatabaseDown   nothing could be read or kept; nothing is said to be saved
"""

from __future__ import annotations

from mintza.errors import MintzaError


class Refused(MintzaError):
    """A request that is answered by no. code: for programs, never translated.  status: of HTTP."""

    def __init__(self, code: str, status: int = 400, *, retry_after_s: int | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.status = status
        self.retry_after_s = retry_after_s


class DatabaseDown(Refused):
    """The database did not answer, or did not confirm. why: for the log, never shown."""

    def __init__(self, why: str = "") -> None:
        super().__init__("database_down", 503, retry_after_s=5)
        self.why = why


class Conflict(MintzaError):
    """A row that must be unique is there already; whoever asked decides what that means."""
