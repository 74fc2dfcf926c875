"""Votes by criterion as columns of numbers: models known to the study, overall by the rule, nothing dropped unnamed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mintza.records import Criterion, Vote, Winner
from mintza.report.material import Arena, ExaminedModel, Trouble
from mintza.report.votes.troubles import Troubles

SCORES: dict[Winner, float] = {"a": 1.0, "tie": 0.5, "b": 0.0}


class Judgement(NamedTuple):
    """One voter's word on one battle by one criterion. left, right: names of examined models.  score: of the left one, 1, 0.5 or 0."""

    battle: str
    left: str
    right: str
    score: float
    voter: str


@dataclass(frozen=True)
class Judged:
    """All usable judgements. criteria: in the order content, language, overall; only those that somebody judged."""

    criteria: Mapping[Criterion, Sequence[Judgement]]
    trouble: tuple[Trouble, ...]


def judged(arena: Arena, models: Sequence[ExaminedModel]) -> Judged:
    """The votes on battles between models of the study; cells that equal another by definition count as that one.

    Overall is the voter's own word where it was asked; else content's winner, or language's when content is a tie. Where the two
    point to opposite models and nobody was asked, there is no overall.
    """
    names = {model.name: model.name for model in models}
    names |= {equal: model.name for model in models for equal in model.same_as}
    troubles = Troubles()
    by_mark: dict[tuple[str, str], dict[Criterion, Winner]] = {}
    for vote in arena.votes:
        if _between_known(vote, arena, names, troubles):
            by_mark.setdefault((vote.battle_id, vote.voter), {})[vote.criterion] = vote.winner
    found: dict[Criterion, list[Judgement]] = {"content": [], "language": [], "overall": []}
    for (name, voter), winners in by_mark.items():
        battle = arena.battles[name]
        left, right = names[battle.a.model], names[battle.b.model]
        whole = overall(winners)
        if whole is None and {"content", "language"} <= winners.keys():
            troubles.add("no overall winner was given where content and language point to opposite models", name)
        for criterion, winner in {**winners, "overall": whole}.items():
            if winner is not None:
                found[criterion].append(Judgement(name, left, right, SCORES[winner], voter))
    return Judged({name: rows for name, rows in found.items() if rows}, (*arena.trouble, *troubles))


def overall(winners: Mapping[Criterion, Winner]) -> Winner | None:
    """The overall winner by the rule; None where it is not decided. Source: the voting rule of Sainz et al. (2025)."""
    if "overall" in winners:
        return winners["overall"]
    content, language = winners.get("content"), winners.get("language")
    if content is None or language is None:
        return None
    if content == "tie":
        return language
    return content if language in ("tie", content) else None


def _between_known(vote: Vote, arena: Arena, names: Mapping[str, str], troubles: Troubles) -> bool:
    battle = arena.battles[vote.battle_id]
    unknown = [side.model for side in (battle.a, battle.b) if side.model not in names]
    for name in unknown:
        troubles.add("a vote on a model that this study did not examine", name)
    if not unknown and names[battle.a.model] == names[battle.b.model]:
        troubles.add("a vote between two cells that are one model by definition", battle.id)
        return False
    return not unknown
