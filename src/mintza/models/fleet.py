"""A seam: who knows where a model is served now, when the processes that serve it come and go."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from mintza.models.providers.endpoints import Endpoint


class Place(NamedTuple):
    """Where a process serves. name: of the process and its address, one that no other had.  url: up to and with `/v1`.

    slots: answers at a time.
    """

    name: str
    url: str
    key: str
    slots: int


class Fleet(Protocol):
    """The processes that serve one model."""

    def tended(self, known: Sequence[Endpoint]) -> list[Place]:
        """Give up those of `known` that are gone, start what is missing, give those that came. Called about every second.

        Raises ModelError when what is started serves nothing, again and again.
        """
        ...
