"""Everything that the votes of a study say, computed once for the page, the tables and the figures."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from mintza.records import Criterion
from mintza.report.material import Arena, Material, Trouble
from mintza.report.scorebook import ScoreBook
from mintza.report.votes.agreement import Agreed, agreements
from mintza.report.votes.judgements import Judged, Judgement, judged
from mintza.report.votes.ratings import Standing, standings
from mintza.report.votes.worth import Worths, worths


@dataclass(frozen=True)
class Participants:
    """Who judged. votes: how many battles each judged, the busiest first.  levels, education: value -> voters.

    overruled: voters whose votes a check left out until the arena's staff overruled it, and how many battles these judged.
    """

    voters: int
    battles: int
    votes: tuple[int, ...]
    levels: dict[str, int]
    education: dict[str, int]
    overruled: tuple[int, int]

    @property
    def half(self) -> int:
        """How few voters cast half of the votes."""
        so_far = 0
        for count, votes in enumerate(self.votes, 1):
            so_far += votes
            if 2 * so_far >= sum(self.votes):
                return count
        return 0


@dataclass(frozen=True)
class People:
    """What people said. trouble: all that was left out, in one list."""

    arena: Arena
    judged: Judged
    standings: tuple[Standing, ...]
    worths: Worths
    agreements: tuple[Agreed, ...]
    participants: Participants
    trouble: tuple[Trouble, ...]

    def standing(self, criterion: str) -> Standing | None:
        """Of a criterion, if anybody judged by it."""
        return next((one for one in self.standings if one.criterion == criterion), None)

    @cached_property
    def _battles(self) -> dict[str, dict[Criterion, list[Judgement]]]:
        found: dict[str, dict[Criterion, list[Judgement]]] = {}
        for criterion, rows in self.judged.criteria.items():
            for row in rows:
                found.setdefault(row.battle, {}).setdefault(criterion, []).append(row)
        return found

    def by_battle(self, name: str) -> list[tuple[Criterion, list[Judgement]]]:
        """How a battle was judged, criterion by criterion."""
        return list(self._battles.get(name, {}).items())


def people(material: Material, book: ScoreBook, *, replicas: int) -> People | None:
    """What the votes say; None where the study names no votes."""
    if material.arena is None:
        return None
    found = judged(material.arena, material.models)
    made, troubles = standings(found, [model.name for model in material.models])
    return People(
        arena=material.arena,
        judged=found,
        standings=tuple(made),
        worths=worths(material, book, made),
        agreements=tuple(agreements(material, book, made, replicas=replicas)),
        participants=_participants(material.arena, found),
        trouble=(*found.trouble, *troubles),
    )


def _participants(arena: Arena, found: Judged) -> Participants:
    marks = {(row.battle, row.voter) for rows in found.criteria.values() for row in rows}
    votes = Counter(voter for _, voter in marks)
    kept = arena.overruled & marks
    known = [arena.voters[name] for name in sorted(votes) if name in arena.voters]
    return Participants(
        voters=len(votes),
        battles=len({battle for battle, _ in marks}),
        votes=tuple(sorted(votes.values(), reverse=True)),
        levels=_counted([one.level for one in known]),
        education=_counted([one.education for one in known]),
        overruled=(len({voter for _, voter in kept}), len(kept)),
    )


def _counted(words: list[str]) -> dict[str, int]:
    counts = Counter(words)
    if set(counts) <= {""}:
        return {}
    return {word or "not said": counts[word] for word in sorted(counts, key=lambda word: (word == "", word))}
