"""The arena: replies, battles, votes, ratings. No personal data: a pseudonym is all that is here."""

from __future__ import annotations

from typing import Literal

from mintza.records.base import Record
from mintza.records.talk import Message

Criterion = Literal["content", "language", "overall"]
Winner = Literal["a", "tie", "b"]


class Reply(Record, frozen=True, kw_only=True):
    """One side of a battle. model: name.  system_prompt, temperature, top_p, max_tokens: as it was asked."""

    model: str
    messages: tuple[Message, ...]
    system_prompt: str
    temperature: float
    top_p: float
    max_tokens: int


class Battle(Record, frozen=True, kw_only=True):
    """Two models on the same prompts. started_at: ISO 8601, UTC."""

    id: str
    language: str
    a: Reply
    b: Reply
    started_at: str


class Vote(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One judgement of one voter. voter: pseudonym.  cast_at: ISO 8601, UTC.

    overruled: checks that left out all votes of this voter until the arena's staff looked at them and overruled the check.
    """

    battle_id: str
    voter: str
    criterion: Criterion
    winner: Winner
    cast_at: str
    overruled: tuple[str, ...] = ()


class Rating(Record, frozen=True, kw_only=True):
    """Strength of a model, Elo scale (400/10, mean 1000), by criterion. low, high: 95 % interval."""

    model: str
    criterion: Criterion
    value: float
    low: float
    high: float
    battles: int
