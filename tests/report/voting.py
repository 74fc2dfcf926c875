"""Votes on the synthetic study: planted strengths, several voters, as the report's material and as files."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from mintza.records import Battle, Criterion, Message, Reply, Vote, Winner
from mintza.report.material import Arena, Material, Voter
from report.builder import BACKBONE, study

STRENGTHS: Mapping[str, float] = {
    BACKBONE: 0.0,
    f"{BACKBONE}.corpus.s33": 0.6,
    f"{BACKBONE}.sampled.s33": 0.9,
    f"{BACKBONE}.corpus+sampled.s33": 1.5,
    f"{BACKBONE}.corpus+sampled+written.s33": 2.1,
}


def reply(model: str, said: str = "Itsasoa urdina da.") -> Reply:
    turns = (Message(role="user", content="Nolakoa da itsasoa?"), Message(role="assistant", content=said))
    return Reply(model=model, messages=turns, system_prompt="", temperature=0.7, top_p=0.95, max_tokens=256)


def battle(name: str, a: str, b: str) -> Battle:
    return Battle(id=name, language="eus_Latn", a=reply(a), b=reply(b), started_at="2026-05-01T10:00:00Z")


def vote(battle_id: str, voter: str, criterion: Criterion, winner: Winner) -> Vote:
    return Vote(battle_id=battle_id, voter=voter, criterion=criterion, winner=winner, cast_at="2026-05-01T10:05:00Z")


def arena(
    strengths: Mapping[str, float] = STRENGTHS, *, battles: int = 500, voters: int = 25, left: float = 0.0
) -> Arena:
    """Battles between all pairs. left: log-odds that the left side has for standing there."""
    luck = random.Random(7)
    names = list(strengths)
    fought: dict[str, Battle] = {}
    cast: list[Vote] = []
    for number in range(battles):
        one, other = luck.sample(names, 2)
        name, voter = f"b{number:04}", f"voter-{luck.randrange(voters)}"
        fought[name] = battle(name, one, other)
        chance = 1 / (1 + 2.718281828 ** -(strengths[one] - strengths[other] + left))
        content, wording = (_winner(chance, luck) for _ in range(2))
        cast += [vote(name, voter, "content", content), vote(name, voter, "language", wording)]
        if {content, wording} == {"a", "b"}:
            cast.append(vote(name, voter, "overall", _winner(chance, luck)))
    who = {f"voter-{k}": Voter(f"voter-{k}", "C1" if k % 2 else "B2", "university") for k in range(voters)}
    return Arena(fought, cast, who, (), "ab" * 32)


def voted(found: Arena | None = None, material: Material | None = None) -> Material:
    """The synthetic study with votes on it."""
    whole = material or study()
    artifacts = {**whole.artifacts, "votes": "ab" * 32}
    return replace(whole, arena=found if found is not None else arena(), artifacts=artifacts)


def flat(found: Arena, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The same votes as rows of the published form. names: of columns to leave out."""
    rows = []
    winners = {"a": "model_a", "b": "model_b", "tie": "tie"}
    by_battle: dict[str, dict[str, Any]] = {}
    for one in found.votes:
        row = by_battle.setdefault(one.battle_id, {"username": one.voter, "timestamp": one.cast_at})
        row["winner" if one.criterion == "overall" else f"winner_{one.criterion}"] = winners[one.winner]
    for name, row in by_battle.items():
        fight = found.battles[name]
        voter = found.voters[row["username"]]
        whole = {
            "id": name,
            "user_language": voter.level,
            "user_education": voter.education,
            "model_a": fight.a.model,
            "model_b": fight.b.model,
            "conv_a": [{"role": m.role, "content": m.content} for m in fight.a.messages],
            "conv_b": [{"role": m.role, "content": m.content} for m in fight.b.messages],
            **row,
        }
        rows.append({key: value for key, value in whole.items() if key not in names})
    return rows


def _winner(chance: float, luck: random.Random) -> Winner:
    if luck.random() < 0.2:
        return "tie"
    return "a" if luck.random() < chance else "b"
