"""The sections on exams: the full table of each language with its marks, and what was traded between languages."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import fsum, isfinite
from typing import Any

import msgspec

from mintza.records import Measurement
from mintza.report import words
from mintza.report.effects import Seen
from mintza.report.figures.axes import round_steps, share
from mintza.report.figures.forest import Tick
from mintza.report.material import Material
from mintza.report.printing import legend, view
from mintza.report.results import LanguageTable, language_tables
from mintza.report.scorebook import CLEAN, LEANING, UNSEEN
from mintza.report.seeds import Repeated, repeated
from mintza.report.significance import Tested, marks
from mintza.report.tradeoff import Tradeoff
from mintza.report.votes.telling import signed
from mintza.report.words import MINUS

LEANINGS = ("bias_ambig", "bias_disambig", "bias_gap_disambig")
SHAPES = ("●", "◆", "▲", "■")


@dataclass(frozen=True)
class Full:
    """The full table of a language, and what is seen in it: (model, exam) -> better or worse than the untouched backbone.

    over_seeds: the same with one row for all the seeds of a mixture; None where none was trained with several.
    """

    table: LanguageTable
    seen: Mapping[tuple[str, str], Seen]
    over_seeds: LanguageTable | None = None

    @property
    def main(self) -> LanguageTable:
        """What is printed first."""
        return self.over_seeds or self.table


def full_tables(material: Material, tests: Sequence[Tested]) -> list[Full]:
    """The study's languages in its order; measurements that are no numbers are left out, and noted."""
    equal = {name: model.name for model in material.models for name in model.same_as}
    usable = [one for one in material.measurements if isfinite(one.value)]
    codes = [material.target.code, *(language.code for language in material.also)]
    made = language_tables(usable, languages=codes, equal=equal)
    several = {model.name: one for one in repeated(material) for model in one.members}
    if not several:
        return [Full(table, marks(list(tests), table.language)) for table in made]
    once = {re.sub(r"\.s\d+$", "", name): other for name, other in equal.items() if other not in several}
    means = language_tables(_over_seeds(usable, several), languages=codes, equal=once)
    return [Full(table, marks(list(tests), table.language), mean) for table, mean in zip(made, means, strict=True)]


def _over_seeds(found: Sequence[Measurement], several: Mapping[str, Repeated]) -> list[Measurement]:
    """Measurements with those of the seeds of a mixture replaced by their mean, where every seed has one that was asked alike."""
    made: dict[tuple[object, ...], list[Measurement]] = {}
    for one in found:
        name = several[one.model].name if one.model in several else one.model
        asked = (one.exam, one.language, one.metric, one.protocol, one.shots, one.template, one.standing)
        made.setdefault((name, *asked), []).append(one)
    means = []
    for group in made.values():
        if group[0].model not in several:
            means += group
        elif len(group) == len(several[group[0].model].members):
            mean = fsum(one.value for one in group) / len(group)
            name = several[group[0].model].name
            means.append(msgspec.structs.replace(group[0], model=name, value=mean, low=None, high=None))
    return means


def exams_section(tables: Sequence[Full], material: Material) -> list[dict[str, Any]]:
    """The tables as the template shows them."""
    names = {one.code.partition("_")[0]: one.name for one in (material.target, *material.also)}
    return [
        {
            "language": names.get(table.language, table.language),
            "code": table.language,
            "columns": table.columns,
            "uneven": table.uneven,
            "rows": [view(table, row, one.seen) for row in table.rows],
            "legend": legend(table, one.seen),
            "notes": table.notes,
            "each_seed": one.over_seeds is not None and table is one.table,
            "over_seeds": table is one.over_seeds,
        }
        for one in tables
        for table in (one.over_seeds, one.table)
        if table is not None
    ]


def leanings_section(material: Material) -> list[dict[str, Any]]:
    """How models lean in exams of bias: a row a model and exam, from -1 over 0 to 1."""
    found: dict[tuple[str, str], dict[str, Measurement]] = {}
    for one in material.measurements:
        if one.metric.startswith(LEANING) and one.standing == "exam":
            found.setdefault((one.model, one.exam), {})[one.metric] = one
    return [
        {"model": model, "exam": exam, "cells": [_leaning(several.get(metric)) for metric in LEANINGS]}
        for (model, exam), several in found.items()
    ]


def _leaning(one: Measurement | None) -> tuple[str, str]:
    if one is None:
        return "", ""
    known = one.low is not None and one.high is not None
    return signed(one.value), f"{signed(one.low or 0.0)} to {signed(one.high or 0.0)}" if known else ""


def clean_section(material: Material) -> list[dict[str, Any]]:
    """Exams of which items stand in training data: with all items, without those of the corpus, without what the model has read."""
    whole = {(m.model, m.exam, m.language, m.metric): m for m in material.measurements if m.standing == "exam"}
    rows = []
    for model, exam, language, metric in whole:
        places = [(model, exam, language, f"{metric}{end}") for end in (CLEAN, UNSEEN)]
        if any(place in whole for place in places):
            every = [whole.get(place) for place in ((model, exam, language, metric), *places)]
            cells = [(f"{100 * one.value:.1f}", f"{one.items:,}") if one is not None else ("", "") for one in every]
            rows.append({"model": model, "exam": f"{exam} ({words.language_name(language, material)})", "cells": cells})
    return rows


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
        rows.append(
            {
                "model": row.model,
                "name": " + ".join(row.mixture) or row.model,
                "backbone": row.backbone,
                "seeds": row.seeds,
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
