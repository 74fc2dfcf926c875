"""How the arena fares: answers and errors by model, how long they take, votes a day, what is left out."""

from __future__ import annotations

import resource
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from mintza.arena.accounts.people import stamp
from mintza.arena.battles.controls import PREFIX
from mintza.arena.database.engine import Connection, Row

DAYS = 14
RATE_TO_WATCH = 0.2
FEWEST_TO_WATCH = 50


@dataclass(frozen=True)
class ModelHealth:
    """One model, over the last day. states: how its answers ended.  swapped: times another took its place, by why.

    first_ms, total_ms: median and 95th of a hundred, to the first words and to the last; None where there are none.
    """

    model: str
    states: Mapping[str, int]
    swapped: Mapping[str, int]
    first_ms: tuple[int, int] | None
    total_ms: tuple[int, int] | None

    @property
    def failing(self) -> float:
        """Share of its answers that failed, were empty, or had to be replaced."""
        bad = self.states.get("failed", 0) + self.states.get("empty", 0) + sum(self.swapped.values())
        every = sum(self.states.values()) + sum(self.swapped.values())
        return bad / every if every else 0.0


@dataclass(frozen=True)
class Health:
    """models: by name.  days: day -> battles, votes; the last two weeks.  excluded: step -> votes.  votes, people, reports: counts."""

    models: Sequence[ModelHealth]
    days: Mapping[str, tuple[int, int]]
    excluded: Mapping[str, int]
    votes: int
    left_out: int
    people: int
    reports: int
    turns: Mapping[str, int]

    @property
    def exclusion_rate(self) -> float:
        """Share of votes that do not count for what a voter did: planted battles are left out by design."""
        return self.left_out / self.votes if self.votes else 0.0

    @property
    def to_watch(self) -> bool:
        """Whether so much is left out that somebody should look."""
        return self.votes >= FEWEST_TO_WATCH and self.exclusion_rate > RATE_TO_WATCH


def health(connection: Connection, models: Sequence[str], now: datetime) -> Health:
    """Everything, from the database."""
    since = stamp(now - timedelta(days=1))
    answers = connection.all(
        "SELECT a.model, a.state, a.first_ms, a.total_ms FROM answers a JOIN turns t ON t.battle_id = a.battle_id "
        "AND t.number = a.number WHERE t.started_at > :since",
        since=since,
    )
    swaps = connection.all("SELECT model_from, why FROM swaps WHERE at > :since", since=since)
    counts = connection.one(
        "SELECT (SELECT COUNT(*) FROM votes) AS votes, (SELECT COUNT(*) FROM people) AS people, "
        "(SELECT COUNT(DISTINCT battle_id) FROM exclusions WHERE step <> 'control') AS left_out, "
        "(SELECT COUNT(*) FROM reports WHERE resolved_at IS NULL) AS reports"
    ) or {"votes": 0, "people": 0, "left_out": 0, "reports": 0}
    return Health(
        models=[_of_model(model, answers, swaps) for model in models],
        days=_days(connection, now),
        excluded=_counted(connection.all("SELECT step AS name, COUNT(*) AS n FROM exclusions GROUP BY step")),
        votes=counts["votes"],
        left_out=counts["left_out"],
        people=counts["people"],
        reports=counts["reports"],
        turns=_counted(
            connection.all(
                "SELECT state AS name, COUNT(*) AS n FROM turns WHERE started_at > :s GROUP BY state", s=since
            )
        ),
    )


def _of_model(model: str, answers: Sequence[Row], swaps: Sequence[Row]) -> ModelHealth:
    own = [row for row in answers if row["model"] in (model, PREFIX + model)]
    swapped = [str(row["why"]) for row in swaps if row["model_from"] in (model, PREFIX + model)]
    states = [str(row["state"]) for row in own]
    return ModelHealth(
        model,
        {state: states.count(state) for state in sorted(set(states))},
        {why: swapped.count(why) for why in sorted(set(swapped))},
        _quantiles([row["first_ms"] for row in own if row["first_ms"] is not None]),
        _quantiles([row["total_ms"] for row in own if row["total_ms"] is not None]),
    )


def _quantiles(values: Sequence[int]) -> tuple[int, int] | None:
    ordered = sorted(values)
    if not ordered:
        return None
    return ordered[(len(ordered) - 1) // 2], ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]


def _days(connection: Connection, now: datetime) -> dict[str, tuple[int, int]]:
    first = stamp(now - timedelta(days=DAYS - 1))[:10]
    battles = _counted(_by_day(connection, "battles", "started_at", first))
    votes = _counted(_by_day(connection, "votes", "cast_at", first))
    days = [stamp(now - timedelta(days=back))[:10] for back in range(DAYS)]
    return {day: (battles.get(day, 0), votes.get(day, 0)) for day in reversed(days)}


def _by_day(connection: Connection, table: str, column: str, first: str) -> list[Row]:
    return connection.all(
        f"SELECT SUBSTR({column}, 1, 10) AS name, COUNT(*) AS n FROM {table} WHERE {column} >= :first GROUP BY 1",
        first=first,
    )


def _counted(rows: Sequence[Row]) -> dict[str, int]:
    return {str(row["name"]): int(row["n"]) for row in rows}


def prometheus(found: Health, answering: int, board_age_s: float | None) -> str:
    """As Prometheus reads it: counts of the whole time, and gauges of the last day; what this process has taken."""
    lines = [
        *_process(),
        *_metric("mintza_votes_total", "counter", "Votes that are kept", [("", found.votes)]),
        *_metric("mintza_people", "gauge", "Accounts and guests", [("", found.people)]),
        *_metric("mintza_reports_waiting", "gauge", "Reports that nobody has looked at", [("", found.reports)]),
        *_metric("mintza_turns_answering", "gauge", "Turns that are being answered", [("", answering)]),
        *_metric(
            "mintza_votes_excluded",
            "gauge",
            "Votes that do not count, by step",
            [(f'step="{step}"', count) for step, count in sorted(found.excluded.items())],
        ),
        *_metric(
            "mintza_exclusion_rate",
            "gauge",
            "Share of votes left out for what voters did",
            [("", found.exclusion_rate)],
        ),
    ]
    if board_age_s is not None:
        lines += _metric("mintza_ranking_age_seconds", "gauge", "Since the ranking was made", [("", board_age_s)])
    answers, failing, first = [], [], []
    for model in found.models:
        answers += [(f'model="{model.model}",state="{state}"', n) for state, n in model.states.items()]
        failing.append((f'model="{model.model}"', model.failing))
        if model.first_ms is not None:
            for quantile, value in zip(("0.5", "0.95"), model.first_ms, strict=True):
                first.append((f'model="{model.model}",quantile="{quantile}"', value / 1000))
    lines += _metric("mintza_answers_day", "gauge", "Answers of the last day, by how they ended", answers)
    lines += _metric("mintza_model_failing", "gauge", "Share of answers of the last day that failed", failing)
    lines += _metric("mintza_first_words_seconds", "gauge", "To the first words, last day", first)
    return "\n".join(lines) + "\n"


def _process() -> list[str]:
    """By the names that Prometheus' own clients use; memory where the system says it as Linux does."""
    lines = _metric(
        "process_cpu_seconds_total", "counter", "Processor time of this process", [("", time.process_time())]
    )
    status = Path("/proc/self/statm")
    if status.exists():
        resident = int(status.read_text().split()[1]) * resource.getpagesize()
        lines += _metric("process_resident_memory_bytes", "gauge", "Memory of this process", [("", resident)])
    return lines


def _metric(name: str, kind: str, means: str, values: Sequence[tuple[str, float]]) -> list[str]:
    shown = [f"{name}{{{labels}}} {value}" if labels else f"{name} {value}" for labels, value in values]
    return [f"# HELP {name} {means}.", f"# TYPE {name} {kind}", *shown]
