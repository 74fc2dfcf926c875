"""The sections on exams: the full table of each language with its marks, and what was traded between languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

from mintza.report import words
from mintza.report.effects import Seen
from mintza.report.figures.axes import round_steps, share
from mintza.report.figures.forest import Tick
from mintza.report.material import Material
from mintza.report.printing import legend, view
from mintza.report.results import LanguageTable, language_tables
from mintza.report.significance import Tested, marks
from mintza.report.tradeoff import Tradeoff
from mintza.report.votes.telling import signed
from mintza.report.words import MINUS

SHAPES = ("●", "◆", "▲", "■")


@dataclass(frozen=True)
class Full:
    """The full table of a language, and what is seen in it: (model, exam) -> better or worse than the untouched backbone."""

    table: LanguageTable
    seen: Mapping[tuple[str, str], Seen]


def full_tables(material: Material, tests: Sequence[Tested]) -> list[Full]:
    """The study's languages in its order; measurements that are no numbers are left out, and noted."""
    equal = {name: model.name for model in material.models for name in model.same_as}
    usable = [one for one in material.measurements if isfinite(one.value)]
    made = language_tables(
        usable,
        languages=[material.target.code, *(language.code for language in material.also)],
        equal=equal,
    )
    return [Full(table, marks(list(tests), table.language)) for table in made]


def exams_section(tables: Sequence[Full], material: Material) -> list[dict[str, Any]]:
    """The tables as the template shows them."""
    names = {one.code.partition("_")[0]: one.name for one in (material.target, *material.also)}
    return [
        {
            "language": names.get(one.table.language, one.table.language),
            "code": one.table.language,
            "columns": one.table.columns,
            "uneven": one.table.uneven,
            "rows": [view(one.table, row, one.seen) for row in one.table.rows],
            "legend": legend(one.table, one.seen),
            "notes": one.table.notes,
        }
        for one in tables
    ]


def tradeoff_section(found: Tradeoff, material: Material) -> dict[str, Any] | None:
    """A strip a variant: a mark a language, joined by a line. None where there is nothing to trade."""
    if not found.rows:
        return None
    ends = [0.0]
    for row in found.rows:
        for gain in row.gains:
            ends += [end for end in (gain.value, gain.low, gain.high) if end is not None]
    air = 0.05 * (max(ends) - min(ends)) or 1.0
    bounds = (min(ends) - air, max(ends) + air)
    rows = []
    for row in found.rows:
        gains = [
            {
                "language": words.language_name(gain.language, material),
                "code": place,
                "shape": SHAPES[place % len(SHAPES)],
                "place": share(gain.value, *bounds),
                "text": signed(gain.value, 1),
                "span": ""
                if gain.low is None or gain.high is None
                else f"{signed(gain.low, 1)} to {signed(gain.high, 1)}",
            }
            for place, gain in enumerate(row.gains)
        ]
        places = [share(gain.value, *bounds) for gain in row.gains]
        name = row.model.removeprefix(f"{row.backbone}.")
        rows.append(
            {
                "model": row.model,
                "name": name.rpartition(".s")[0].replace("+", " + ") or name,
                "backbone": row.backbone,
                "gains": gains,
                "low": min(places),
                "high": max(places),
                "exams": row.exams,
            }
        )
    ticks = [Tick(share(step, *bounds), _step(step)) for step in round_steps(*bounds, most=6)]
    languages = [
        (words.language_name(gain.language, material), SHAPES[place % len(SHAPES)], place)
        for place, gain in enumerate(found.rows[0].gains)
    ]
    return {
        "rows": rows,
        "ticks": ticks,
        "zero": share(0.0, *bounds),
        "languages": languages,
        "families": found.families,
    }


def _step(value: float) -> str:
    text = f"{abs(value):.4g}"
    return text if float(text) == 0 else (MINUS if value < 0 else "+") + text
