"""Which items of an exam are examined: the first, or a draw that hangs on ids and seed only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from mintza.errors import BadInput
from mintza.exams.definition import Found
from mintza.exams.settings import Take


def chosen(every: Sequence[str], found: Found, take: Take) -> tuple[list[str], list[str]]:
    """Ids of the examples, which are the first, and of the items that are examined, both in their order. Raises BadInput."""
    shots = found.definition.shots if take.shots is None else take.shots
    return list(every[:shots]), examined(every[shots:], found, take, beside=f"{shots} are shown as examples; ")


def examined(rest: Sequence[str], found: Found, take: Take, *, beside: str = "") -> list[str]:
    """Ids of the items that are examined, in their order. beside: words on those that are not. Raises BadInput for too few."""
    wanted = len(rest) if take.items is None else take.items
    wanted = min(wanted, take.at_most or wanted)
    if wanted > len(rest) or not rest:
        raise BadInput(
            f"the exam '{found.definition.name}' has {len(rest)} items to examine; {beside}"
            f"{take.items or 'some'} were to be examined",
            place=found.place,
            remedy="take fewer items or shots",
        )
    if take.choose == "first":
        return list(rest[:wanted])
    lucky = set(sorted(rest, key=lambda key: hashlib.sha256(f"{take.seed}:{key}".encode()).digest())[:wanted])
    return [key for key in rest if key in lucky]
