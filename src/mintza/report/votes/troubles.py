"""What was left out, counted by reason, with a few places to look at."""

from __future__ import annotations

from collections.abc import Iterator

from mintza.report.material import Trouble

EXAMPLES = 3


class Troubles:
    """Gathers reasons in the order in which they first came up."""

    def __init__(self) -> None:
        self._places: dict[str, list[str]] = {}
        self._counts: dict[str, int] = {}

    def add(self, reason: str, place: str, count: int = 1) -> None:
        """One more (or several) for a reason."""
        self._counts[reason] = self._counts.get(reason, 0) + count
        places = self._places.setdefault(reason, [])
        if len(places) < EXAMPLES and place not in places:
            places.append(place)

    def __iter__(self) -> Iterator[Trouble]:
        for reason, count in self._counts.items():
            yield Trouble(reason, count, tuple(self._places[reason]))
