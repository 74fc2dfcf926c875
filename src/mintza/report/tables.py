"""Every number of the report as CSV: UTF-8, a head, a point for decimals, an empty field for what is not known."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from pathlib import Path

import msgspec

from mintza.records import ComponentCount, Measurement, TrainingStep
from mintza.report.effects import Effect
from mintza.report.material import Material
from mintza.report.questions import Answer
from mintza.report.waterfalls import waterfall

EFFECT_HEAD = [
    *("differs", "subject", "kind", "language", "exam", "scope", "pairs"),
    *("value", "low", "high", "p", "items", "seen", "templates_differ"),
]


def write_tables(folder: Path, material: Material, effects: Sequence[Effect], answers: Sequence[Answer]) -> None:
    """Write the six tables in a folder, which is made; numbers are written in full, as they were computed."""
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "measurements.csv", _fields(Measurement), (_plain(m) for m in material.measurements))
    _write(folder / "effects.csv", EFFECT_HEAD, (_effect(effect) for effect in effects))
    _write(folder / "findings.csv", ["question", "answer", "value", "low", "high", "artifacts"], _findings(answers))
    _write(
        folder / "waterfall.csv",
        ["stage", "cell", "key", "unit", "bar", "step", "reason", "count", "remaining"],
        _waterfalls(material),
    )
    _write(
        folder / "mixtures.csv",
        ["variant", *_fields(ComponentCount)],
        ([name, *_plain(count)] for name, counts in material.mixtures.items() for count in counts),
    )
    _write(
        folder / "curves.csv",
        ["variant", *_fields(TrainingStep)],
        ([name, *_plain(step)] for name, steps in material.curves.items() for step in steps),
    )


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _fields(record: type[msgspec.Struct]) -> list[str]:
    return list(record.__struct_fields__)


def _plain(record: msgspec.Struct) -> list[object]:
    return list(msgspec.structs.astuple(record))


def _effect(effect: Effect) -> list[object]:
    differs, subject, measure, _, *numbers, _, _ = astuple(effect)
    pairs = "; ".join(f"{one} less {other}" for one, other in effect.pairs)
    scope = "pooled" if effect.pooled else "pair"
    kind, language, exam = measure
    return [differs, subject, kind, language, exam, scope, pairs, *numbers, effect.templates_differ]


def _findings(answers: Sequence[Answer]) -> Iterable[list[object]]:
    for answer in answers:
        for finding in answer.findings:
            numbers = [finding.value, finding.low, finding.high]
            yield [finding.question, finding.answer, *numbers, " ".join(finding.artifacts)]


def _waterfalls(material: Material) -> Iterable[list[object]]:
    for facts in material.stages:
        for bar in waterfall(facts).bars:
            head = [facts.stage, facts.cell, facts.key, facts.unit]
            yield [*head, bar.kind, bar.step, bar.reason, bar.count, bar.remaining]
        for count in facts.verdicts:
            if count.unit != facts.unit or count.kept:
                kind = "kept" if count.kept else "dropped inside"
                yield [
                    facts.stage,
                    facts.cell,
                    facts.key,
                    count.unit,
                    kind,
                    count.step,
                    count.reason,
                    count.count,
                    None,
                ]
