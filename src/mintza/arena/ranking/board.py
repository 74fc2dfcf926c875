"""The ranking as it is shown: made from votes by the same statistics as the report, kept as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite

from mintza.arena.ranking.judged import JudgedBattle
from mintza.arena.ranking.screening import Apart
from mintza.arena.settings import Leaderboard
from mintza.records import Criterion

SEED = 1
POINTS = {"a": 1.0, "tie": 0.5, "b": 0.0}
CRITERIA: tuple[Criterion, ...] = ("overall", "content", "language")
NO_BATTLE, APART = "no_battle", "apart"
Pair = tuple[str, str, int, int, int]
Unsure = tuple[str, str, float]


@dataclass(frozen=True)
class Standing:
    """One model by one criterion. score, low, high: Elo points, None where there are none.  tier: 1 the best, 0 for none.

    best, worst: rank that it could hold.  share: of the points in its battles, a tie half.  reason: a code, why it has no score.
    """

    model: str
    score: float | None
    low: float | None
    high: float | None
    tier: int
    best: int
    worst: int
    battles: int
    wins: int
    ties: int
    reason: str = ""

    @property
    def share(self) -> float:
        """Points over battles, 0 to 1."""
        return (self.wins + self.ties / 2) / self.battles if self.battles else 0.0


@dataclass(frozen=True)
class Board:
    """The ranking. made_at: ISO 8601.  votes: all.  counted: those that count.  excluded: step -> votes.  columns: criterion -> rows.

    pairs: of overall: A, B, wins of A, ties, wins of B, each pair once.  unsure: A, B, the chance that A is better overall.
    levels, education: code -> voters.  days: day -> votes.  apart: voters for staff to look at, not for the public.
    overruled: how many of the counted are of voters for whom staff overruled a check.
    """

    made_at: str
    votes: int
    counted: int
    voters: int
    excluded: dict[str, int]
    columns: dict[str, list[Standing]]
    pairs: list[Pair] = field(default_factory=list)
    unsure: list[Unsure] = field(default_factory=list)
    levels: dict[str, int] = field(default_factory=dict)
    education: dict[str, int] = field(default_factory=dict)
    days: dict[str, int] = field(default_factory=dict)
    apart: list[Apart] = field(default_factory=list)
    overruled: int = 0


def standings(
    battles: Sequence[JudgedBattle], models: Sequence[str], settings: Leaderboard
) -> tuple[dict[str, list[Standing]], list[Pair], list[Unsure]]:
    """Columns, pairs and unsure of a Board, from votes that count. models: all that are listed, with battles or without."""
    columns: dict[str, list[Standing]] = {}
    unsure: list[Unsure] = []
    for criterion in CRITERIA:
        rows = [(battle.a, battle.b, POINTS[getattr(battle, criterion)], battle.voter) for battle in battles]
        columns[criterion], chances = _column(rows, models, settings)
        if criterion == "overall":
            unsure = chances
    return columns, _pairs(battles), unsure


def _pairs(battles: Sequence[JudgedBattle]) -> list[Pair]:
    counts: dict[tuple[str, str], list[int]] = {}
    for battle in battles:
        one, other = sorted((battle.a, battle.b))
        won = POINTS[battle.overall] if one == battle.a else 1 - POINTS[battle.overall]
        count = counts.setdefault((one, other), [0, 0, 0])
        count[0 if won == 1 else 1 if won else 2] += 1
    return [(one, other, *count) for (one, other), count in sorted(counts.items())]  # type: ignore[misc]


Row = tuple[str, str, float, str]
"""Left, right, points of the left, voter."""


def _column(rows: Sequence[Row], models: Sequence[str], settings: Leaderboard) -> tuple[list[Standing], list[Unsure]]:
    counts = {model: [0, 0, 0] for model in models}
    for left, right, points, _ in rows:
        for model, own in ((left, points), (right, 1 - points)):
            count = counts.setdefault(model, [0, 0, 0])
            count[0] += 1
            count[1] += own == 1
            count[2] += own == 0.5
    names = [name for name, count in counts.items() if count[0]]
    scores, chances = _scored(rows, names, settings) if names else ({}, [])
    made = []
    for model, (battles, wins, ties) in counts.items():
        score, low, high, tier, best, worst = scores.get(model, (None, None, None, 0, 0, 0))
        reason = "" if score is not None else APART if battles else NO_BATTLE
        made.append(Standing(model, score, low, high, tier, best, worst, battles, wins, ties, reason))
    made.sort(key=lambda row: (row.score is None, -(row.score or 0.0), row.model))
    return made, chances


Score = tuple[float | None, float | None, float | None, int, int, int]


def _scored(rows: Sequence[Row], names: Sequence[str], settings: Leaderboard) -> tuple[dict[str, Score], list[Unsure]]:
    """Scores of the models that votes tell apart, and how sure each pair is."""
    from mintza.stats import named_battles, placed, points, unrated

    reasons = unrated(points(named_battles(rows, names)))
    rated = [name for k, name in enumerate(names) if k not in reasons]
    inside = [row for row in rows if row[0] in rated and row[1] in rated]
    if len(rated) < 2 or not inside:
        return {}, []
    made = placed(named_battles(inside, rated), seed=SEED, replicas=settings.replicas, level=settings.level)
    found = {
        name: (_number(score), _number(low), _number(high), tier, best, worst)
        for name, (score, low, high, tier, best, worst) in zip(rated, made.rows(), strict=True)
    }
    unsure = [
        (one, other, float(made.chances[i, j]))
        for i, one in enumerate(rated)
        for j, other in enumerate(rated)
        if i < j and isfinite(made.chances[i, j])
    ]
    return found, unsure


def _number(value: float) -> float | None:
    return value if isfinite(value) else None


def encoded(board: Board) -> str:
    """As JSON."""
    import msgspec

    return msgspec.json.encode(board).decode()


def decoded(text: str) -> Board:
    """From JSON. Raises msgspec.ValidationError for what another version wrote."""
    import msgspec

    return msgspec.json.decode(text, type=Board)


def listed(settings_models: Mapping[str, object], battles: Sequence[JudgedBattle]) -> list[str]:
    """Models of the settings, then those that battles know besides."""
    also = {name for battle in battles for name in (battle.a, battle.b)} - set(settings_models)
    return [*settings_models, *sorted(also)]
