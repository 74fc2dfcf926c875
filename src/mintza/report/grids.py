"""The numbers of votes, tests and trade between languages as rows: one grid a CSV file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from mintza.report.made import Made
from mintza.report.votes.people import People
from mintza.report.votes.ratings import Standing

Cell = str | int | float | bool | None


@dataclass(frozen=True)
class Grid:
    """A table. name: of its file, without the ending.  head: names of the columns."""

    name: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def grids(made: Made) -> list[Grid]:
    """All of them; those of votes only where the study names some."""
    found = [_tests(made), _tradeoff(made), *([_seeds(made)] if made.seeds else [])]
    if made.people is not None:
        found += [*_of_standings(made.people.standings), *_of_people(made.people)]
    return found


def _tests(made: Made) -> Grid:
    head = ("model", "untouched", "language", "exam", "difference_points", "items", "test", "p", "p_holm", "seen")
    rows = tuple(
        (t.model, t.untouched, t.language, t.exam, t.difference, t.items, t.test, t.p, t.holm, t.seen)
        for t in made.tests
    )
    return Grid("tests", head, rows)


def _seeds(made: Made) -> Grid:
    head = ("mixture", "seeds", "kind", "language", "exam", "mean", "low", "high", "sd_of_seeds", "variance_from_seeds")
    rows = tuple(
        (
            *(one.mixture.name, " ".join(map(str, one.mixture.seeds))),
            *(one.measure.kind, one.measure.language, one.measure.exam),
            *(*one.found.effect[:3], one.found.spread, one.found.from_seeds),
        )
        for one in made.seeds
    )
    return Grid("seeds", head, rows)


def _tradeoff(made: Made) -> Grid:
    head = ("model", "backbone", "language", "gain_points", "low", "high", "exams", "families")
    families = " ".join(made.tradeoff.families)
    rows = tuple(
        (row.model, row.backbone, gain.language, gain.value, gain.low, gain.high, row.exams, families)
        for row in made.tradeoff.rows
        for gain in row.gains
    )
    return Grid("tradeoff", head, rows)


def _of_standings(standings: Sequence[Standing]) -> list[Grid]:
    head = (
        "criterion",
        "model",
        "score",
        "low",
        "high",
        "tier",
        "best_rank",
        "worst_rank",
        "battles",
        "wins",
        "ties",
        "reason",
    )
    rated = tuple(
        (
            *(one.criterion, row.model, _known(row.score), _known(row.low), _known(row.high)),
            *(row.tier, row.best, row.worst, row.battles, row.wins, row.ties, row.reason),
        )
        for one in standings
        for row in one.rows
    )
    met = tuple(
        (one.criterion, a.model, b.model, int(one.wins[i, j]), int(one.ties[i, j]), int(one.wins[j, i]))
        for one in standings
        for i, a in enumerate(one.rows)
        for j, b in enumerate(one.rows)
        if i < j and one.met[i, j] > 0
    )
    left = tuple((one.criterion, *one.left, one.judgements, one.voters) for one in standings if one.left is not None)
    return [
        Grid("ratings", head, rated),
        Grid("battles", ("criterion", "model", "other", "wins", "ties", "losses"), met),
        Grid("position", ("criterion", "left_elo", "low", "high", "p", "votes", "voters"), left),
    ]


def _of_people(people: People) -> list[Grid]:
    worths = tuple(
        (row.source, row.factor, row.unit, *(_known(number) for number in row.effect), row.holm, row.seen)
        for row in people.worths.effects
    )
    agreement = tuple(
        (
            *(one.criterion, one.kind, one.language, one.exam or "", one.exams, one.spearman.models),
            *(_known(number) for number in one.spearman[:4]),
            *(_known(number) for number in one.kendall[:4]),
        )
        for one in people.agreements
    )
    who = people.participants
    groups = [("level", who.levels), ("education", who.education)]
    counted = [("voters", "", who.voters), ("battles", "", who.battles), ("voters of half of the votes", "", who.half)]
    if who.overruled[0]:
        told = ("voters let in by staff against a check", "votes of these")
        counted += [(name, "", count) for name, count in zip(told, who.overruled, strict=True)]
    counted += [(name, value, count) for name, values in groups for value, count in values.items()]
    counted += [("votes of a voter", str(place), count) for place, count in enumerate(who.votes, 1)]
    trouble = tuple((one.reason, one.count, "; ".join(one.places)) for one in people.trouble)
    measures = ("value", "low", "high", "p")
    return [
        Grid("factors", ("source", "factor", "unit", *measures, "p_holm", "seen"), worths),
        Grid(
            "agreement",
            (
                *("criterion", "kind", "language", "exam", "exams", "models"),
                *(f"spearman_{name}" for name in measures),
                *(f"kendall_{name}" for name in measures),
            ),
            agreement,
        ),
        Grid("participants", ("what", "which", "count"), tuple(counted)),
        Grid("left_out", ("reason", "count", "places"), trouble),
    ]


def _known(number: float) -> float | None:
    """None for what is not a number or has no end."""
    return number if isfinite(number) else None
