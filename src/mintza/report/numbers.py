"""Every number of a report in one long table: what it is of, its interval, and the artifact that it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from math import isfinite
from typing import NamedTuple

from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.settled import settled_rows


class Number(NamedTuple):
    """table: of which it is part.  subject: model, component or factor.  measure: metric or criterion.  artifact: keys, by blanks."""

    table: str
    subject: str
    measure: str
    language: str
    exam: str
    value: float | None
    low: float | None
    high: float | None
    p: float | None
    artifact: str


def numbers(material: Material, made: Made) -> list[Number]:
    """In the order of the page; the same for the same material."""
    return [*_of_exams(material, made), *_of_people(material, made), *_findings(made)]


def columns(rows: list[Number]) -> dict[str, list[str | float | None]]:
    """The same, column by column; what the report computed itself to ten digits, measurements as they were handed over."""
    settled = settled_rows(Number._fields, rows)
    filed = [row if row.table == "measurements" else Number(*other) for row, other in zip(rows, settled, strict=True)]
    return {name: [row[place] for row in filed] for place, name in enumerate(Number._fields)}


def _of_exams(material: Material, made: Made) -> Iterator[Number]:
    def key(*names: str) -> str:
        found = (material.artifacts.get(f"measure/{name}") for name in names)
        return " ".join(dict.fromkeys(one for one in found if one))

    for m in material.measurements:
        yield Number(
            "measurements", m.model, m.metric, m.language, m.exam, _known(m.value), m.low, m.high, None, key(m.model)
        )
    for e in made.effects:
        kind, language, exam = e.measure.kind, e.measure.language, e.measure.exam or ""
        names = [name for pair in e.pairs for name in pair]
        pair = [re.sub(r"\.s\d+$", "", name) if e.seeds else name for name in e.pairs[0]]
        subject = e.subject if e.pooled else f"{e.subject}: {pair[0]} less {pair[1]}"
        yield Number(f"effects, {e.differs}", subject, kind, language, exam, e.value, e.low, e.high, e.p, key(*names))
    for t in made.tests:
        yield Number(
            "tests",
            t.model,
            "difference_points",
            t.language,
            t.exam,
            t.difference,
            None,
            None,
            t.holm,
            key(t.model, t.untouched),
        )
    for one in made.seeds:
        value, low, high, _ = one.found.effect
        of = (one.measure.language, one.measure.exam or "", value, low, high, None, key(*one.mixture.names))
        yield Number("means over seeds", one.mixture.name, one.measure.kind, *of)
    for row in made.tradeoff.rows:
        for g in row.gains:
            yield Number(
                "tradeoff", row.model, "gain_points", g.language, "", g.value, g.low, g.high, None, key(row.model)
            )
    for full in made.full:
        for mean in full.table.rows:
            whole = (full.table.language, "", mean.mean, None, None, None, key(mean.model))
            yield Number("means", mean.model, f"mean of {len(mean.values)} exams", *whole)


def _of_people(material: Material, made: Made) -> Iterator[Number]:
    votes = material.artifacts.get("votes", "")
    people = made.people
    for standing in people.standings if people is not None else ():
        for r in standing.rows:
            score, low, high = (_known(one) for one in (r.score, r.low, r.high))
            yield Number("ratings", r.model, standing.criterion, "", "", score, low, high, None, votes)
            yield Number("battles", r.model, standing.criterion, "", "", float(r.battles), None, None, None, votes)
        if standing.left is not None:
            value, low, high, p = standing.left
            yield Number("position", "left", standing.criterion, "", "", value, low, high, p, votes)
    for w in people.worths.effects if people is not None else ():
        value, low, high, _ = w.effect
        yield Number(
            "factors",
            w.factor,
            f"{w.source}, {w.unit}",
            "",
            "",
            _known(value),
            _known(low),
            _known(high),
            _known(w.holm),
            votes,
        )
    for a in people.agreements if people is not None else ():
        for name, found in (("spearman", a.spearman), ("kendall", a.kendall)):
            ends = (_known(found.value), _known(found.low), _known(found.high), _known(found.p), votes)
            yield Number("agreement", a.criterion, name, a.language, a.exam or "mean", *ends)


def _findings(made: Made) -> Iterator[Number]:
    for answer in made.answers:
        for finding in answer.findings:
            if finding.value is not None:
                artifacts = " ".join(finding.artifacts)
                yield Number(
                    "findings",
                    finding.question,
                    finding.answer,
                    "",
                    "",
                    finding.value,
                    finding.low,
                    finding.high,
                    None,
                    artifacts,
                )


def _known(number: float) -> float | None:
    return number if isfinite(number) else None
