"""The section on people: ratings, who met whom, what a factor is worth, agreement with exams, participants, battles."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

from mintza.records import Battle
from mintza.report import words
from mintza.report.figures.axes import round_steps, share
from mintza.report.figures.forest import Tick
from mintza.report.material import Material
from mintza.report.votes.agreement import Agreed
from mintza.report.votes.people import People
from mintza.report.votes.ratings import Standing
from mintza.report.votes.telling import correlation, exam_name, signed
from mintza.report.votes.worth import Worth

SHADES = 10
"""Steps of a heatmap's colour."""
MOST_TURNS = 2


def people_section(people: People | None, material: Material, battles: int) -> dict[str, Any] | None:
    """Everything that the template shows; None where the study names no votes."""
    if people is None:
        return None
    return {
        "criteria": [_standing(one, people.standings) for one in people.standings],
        "heat": [_heat(one, material) for one in people.standings if len(one.rows) > 1],
        "worths": _worths(people, material),
        "unexplained": [(name, f"{value:.0f}") for name, value in people.worths.unexplained.items() if isfinite(value)],
        "notes": people.worths.notes,
        "agreement": _agreement(people.agreements, material),
        "participants": _participants(people),
        "trouble": people.trouble,
        "battles": [battle_view(people, name) for name in _sample(people, battles)],
    }


def _standing(standing: Standing, every: Sequence[Standing]) -> dict[str, Any]:
    """A strip a model, all criteria on one scale."""
    ends = [end for one in every for row in one.rows for end in (row.low, row.high, row.score) if isfinite(end)]
    low, high = (min(ends), max(ends)) if ends else (0.0, 1.0)
    air = 0.04 * (high - low) or 1.0
    bounds = (low - air, high + air)
    rows = [
        {
            "model": row.model,
            "rated": not row.reason,
            "reason": row.reason,
            "interval": row.interval,
            "place": share(row.score, *bounds) if isfinite(row.score) else 0.0,
            "low": share(row.low, *bounds) if row.interval else 0.0,
            "high": share(row.high, *bounds) if row.interval else 0.0,
            "text": f"{row.score:.0f}" + (f" ({row.low:.0f} to {row.high:.0f})" if row.interval else " (no interval)"),
            "detail": f"tier {row.tier}, rank {_ranks(row.best, row.worst)}, {words.counted(row.battles, 'battle')}",
        }
        for row in standing.rows
    ]
    left = standing.left
    bias = None
    if left is not None:
        seen = left.low > 0 or left.high < 0
        bias = f"{signed(left.value, 0)} Elo points ({signed(left.low, 0)} to {signed(left.high, 0)})" + (
            "" if seen else ": no bias that these votes can see"
        )
    ticks = [Tick(share(step, *bounds), f"{step:.0f}") for step in round_steps(*bounds, most=6)]
    return {
        "name": standing.criterion,
        "judgements": standing.judgements,
        "voters": standing.voters,
        "rows": rows,
        "ticks": ticks,
        "mean": share(1000.0, *bounds),
        "left": bias,
    }


def _ranks(best: int, worst: int) -> str:
    return f"{best}" if best == worst else f"{best} to {worst}"


def _heat(standing: Standing, material: Material) -> dict[str, Any]:
    """Who beat whom how often, and how often they met; rows and columns from the strongest."""
    met = standing.met
    most = float(met.max()) or 1.0
    rows = []
    for i, one in enumerate(standing.rows):
        cells = []
        for j, other in enumerate(standing.rows):
            count = int(met[i, j])
            if i == j or count == 0:
                cells.append({"text": "", "count": "" if i == j else "0", "shade": "none", "depth": "none", "says": ""})
                continue
            won = (standing.wins[i, j] + standing.ties[i, j] / 2) / count
            cells.append(
                {
                    "text": f"{100 * won:.0f}",
                    "count": str(count),
                    "shade": str(round(SHADES * won)),
                    "depth": str(max(1, round(SHADES * count / most))),
                    "says": f"{one.model} took {100 * won:.0f} % of {count} from {other.model}",
                }
            )
        rows.append({"number": i + 1, "model": one.model, "cells": cells})
    return {"name": standing.criterion, "rows": rows}


def _worths(people: People, material: Material) -> list[dict[str, Any]]:
    """A block a source: votes by criterion, exams by language."""
    sources = list(dict.fromkeys(row.source for row in people.worths.effects))
    return [
        {
            "title": words.capital(_source(source, material)),
            "rows": [_worth(row, material) for row in people.worths.effects if row.source == source],
        }
        for source in sources
    ]


def _source(source: str, material: Material) -> str:
    known = {language.code for language in (material.target, *material.also)}
    return f"exams, {words.language_name(source, material)}" if source in known else f"votes, {source}"


def _worth(row: Worth, material: Material) -> dict[str, Any]:
    value, low, high, p = row.effect
    digits = 0 if row.unit == "Elo" else 1
    seen = ("better" if value > 0 else "worse") if row.seen else "unseen"
    ends = f"{signed(low, digits)} to {signed(high, digits)}" if isfinite(low) and isfinite(high) else "no interval"
    return {
        "factor": factor_name(row.factor, material),
        "value": f"{signed(value, digits)} {row.unit}",
        "span": ends,
        "p": p_value(p),
        "holm": p_value(row.holm),
        "seen": seen,
    }


def factor_name(factor: str, material: Material) -> str:
    """`backbone X instead of Y`, `sampled instructions in English`, `corpus × translated (together, beyond each)`."""
    if factor.startswith("backbone="):
        first = next((model.backbone for model in material.models if model.role != "reference"), "")
        return f"backbone {factor.partition('=')[2]} instead of {first}"
    if " x " in factor:
        return factor.replace(" x ", " × ") + " (together, beyond each)"
    return words.component_label(factor, material)


def p_value(p: float) -> str:
    """Three decimals, or that it is below."""
    return "–" if not isfinite(p) else "< 0.001" if p < 0.001 else f"{p:.3f}"


def _agreement(found: Sequence[Agreed], material: Material) -> list[dict[str, Any]]:
    """A block a language: exams in rows, criteria in columns."""
    criteria = list(dict.fromkeys(one.criterion for one in found))
    blocks = []
    for code in dict.fromkeys(one.language for one in found):
        mine = [one for one in found if one.language == code]
        rows = []
        for key in dict.fromkeys((one.kind, one.exam) for one in mine):
            of_exam = {one.criterion: one for one in mine if (one.kind, one.exam) == key}
            cells = []
            for criterion in criteria:
                one = of_exam.get(criterion)
                cells.append(
                    None
                    if one is None
                    else {
                        "value": signed(one.spearman.value),
                        "span": correlation(one).partition("(")[2].rstrip(")"),
                        "kendall": signed(one.kendall.value),
                        "seen": one.seen,
                        "place": share(one.spearman.value, -1, 1),
                        "low": share(one.spearman.low, -1, 1),
                        "high": share(one.spearman.high, -1, 1),
                    }
                )
            first = next(iter(of_exam.values()))
            rows.append(
                {
                    "name": exam_name(first, material),
                    "models": first.spearman.models,
                    "cells": cells,
                    "mean": key[1] is None,
                }
            )
        blocks.append({"language": words.language_name(code, material), "criteria": criteria, "rows": rows})
    return blocks


def _participants(people: People) -> dict[str, Any]:
    who = people.participants
    groups = [("Level", who.levels), ("Education", who.education)]
    most = {name: max(values.values(), default=1) for name, values in groups}
    busiest = who.votes[0] if who.votes else 0
    return {
        "voters": who.voters,
        "battles": who.battles,
        "judged": sum(who.votes),
        "half": who.half,
        "overruled": who.overruled,
        "busiest": busiest,
        "median": who.votes[len(who.votes) // 2] if who.votes else 0,
        "groups": [
            {
                "name": name,
                "rows": [(value, count, round(100 * count / most[name], 3)) for value, count in values.items()],
            }
            for name, values in groups
            if values
        ],
    }


def _sample(people: People, count: int) -> list[str]:
    """Battles from the whole range of the file, evenly; those with words first."""
    judged = list(dict.fromkeys(row.battle for rows in people.judged.criteria.values() for row in rows))
    told = [name for name in judged if people.arena.battles[name].a.messages] or judged
    count = min(count, len(told))
    return [told[place * len(told) // count] for place in range(count)] if count else []


def battle_view(people: People, name: str, *, longest: int = words.LONGEST) -> dict[str, Any]:
    """A battle: both sides' turns, and how it was judged by whom."""
    battle = people.arena.battles[name]
    verdicts = [
        (criterion, {1.0: "A", 0.5: "tie", 0.0: "B"}[row.score], row.voter)
        for criterion, rows in people.by_battle(name)
        for row in rows
    ]
    return {
        "id": battle.id,
        "language": battle.language,
        "sides": [_side("A", battle, longest), _side("B", battle, longest)],
        "verdicts": verdicts,
    }


def _side(letter: str, battle: Battle, longest: int) -> dict[str, Any]:
    reply = battle.a if letter == "A" else battle.b
    turns = [(turn.role, words.cut(turn.content, longest)) for turn in reply.messages]
    return {"letter": letter, "model": reply.model, "turns": turns}
