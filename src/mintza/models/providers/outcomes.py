"""What can come of asking an address once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

Reply = TypeVar("Reply")


@dataclass(frozen=True, slots=True)
class Answered(Generic[Reply]):
    """An answer. tokens: written, for the pace."""

    reply: Reply
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Busy:
    """429. after_s: seconds that its Retry-After asks for."""

    after_s: float | None


@dataclass(frozen=True, slots=True)
class Failed:
    """5xx, a timeout, a cut connection: another try may go well."""

    problem: str
    after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Unusable(Generic[Reply]):
    """An answer that leaves what it was to keep to. Another may keep to it.

    reply: what the request ends with if that one does not either.  tokens: written, for the pace.
    """

    reply: Reply
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Refused(Generic[Reply]):
    """Another 4xx. reply: what the request ends with if only it is refused."""

    status: int
    problem: str
    reply: Reply


Outcome = Answered[Reply] | Busy | Failed | Unusable[Reply] | Refused[Reply]
