"""The processes that train one variant together: the seam between the loop and whatever joins them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from mintza.errors import MintzaError, TrainingError

T = TypeVar("T")


class Team(Protocol):
    """Processes that do the same steps, each on its share of the rows. All of them must call `gather` in the same order."""

    @property
    def rank(self) -> int:
        """This process's number, from 0."""
        ...

    @property
    def size(self) -> int:
        """How many processes there are."""
        ...

    def gather(self, value: T) -> list[T]:
        """The values of all processes, by rank, on every one of them."""
        ...


class Alone:
    """A team of one. Fulfils Team."""

    rank = 0
    size = 1

    def gather(self, value: T) -> list[T]:
        """Its own value."""
        return [value]


def by_first(team: Team, act: Callable[[], T]) -> T:
    """Do something on the first process only; its result, or its error, comes to all of them."""
    result: T | None = None
    failure: Exception | None = None
    if team.rank == 0:
        try:
            result = act()
        except (MintzaError, OSError) as error:
            failure = error
    found, wrong = team.gather((result, failure))[0]
    if wrong is not None:
        raise wrong
    return found  # type: ignore[return-value]


def agree(team: Team, facts: dict[str, str]) -> None:
    """Raise TrainingError, naming the fact and the processes, when one process holds another fact than the first."""
    found = team.gather(facts)
    for name, value in found[0].items():
        others = [rank for rank, theirs in enumerate(found) if theirs.get(name) != value]
        if others:
            raise TrainingError(
                f"the processes disagree on {name}: 0 has {value}, {others[0]} has {found[others[0]].get(name)}",
                place=f"process {', '.join(map(str, others[:8]))} of {team.size}",
                remedy="start all of them with the same study, commit and store, on a file system that all of them see alike",
            )
