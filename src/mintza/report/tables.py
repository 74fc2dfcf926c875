"""Every number of the report as files: CSV (UTF-8, a point for decimals, an empty field for what is not known), LaTeX, Parquet."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mintza.records import ComponentCount, Measurement, TrainingStep
from mintza.report.effects import Effect
from mintza.report.grids import grids
from mintza.report.latex import latex_files
from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.numbers import columns, numbers
from mintza.report.parquet import write_parquet
from mintza.report.printing import as_csv
from mintza.report.questions import Answer
from mintza.report.settled import settled_rows
from mintza.report.waterfalls import waterfall

EFFECT_HEAD = [
    *("differs", "subject", "kind", "language", "exam", "scope", "pairs"),
    *("value", "low", "high", "p", "items", "seen", "templates_differ", "seeds", "sd_of_seeds", "variance_from_seeds"),
]


def write_tables(folder: Path, material: Material, made: Made, *, parquet: bool) -> None:
    """Write all tables in a folder, which is made; numbers that are computed here have ten digits.

    parquet: whether every number goes into `numbers.parquet` too, for which MissingPart is raised when pyarrow is not installed.
    """
    folder.mkdir(parents=True, exist_ok=True)
    effects, answers = made.effects, made.answers
    for grid in grids(made):
        _write(folder / f"{grid.name}.csv", grid.head, grid.rows)
    for one in made.full:
        (folder / f"benchmark-{one.table.language}.csv").write_text(as_csv(one.table), encoding="utf-8", newline="\n")
    for name, text in latex_files(made, material).items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")
    if parquet:
        write_parquet(folder / "numbers.parquet", columns(numbers(material, made)))
    _write_as_given(folder / "measurements.csv", _fields(Measurement), (_plain(m) for m in material.measurements))
    _write(folder / "effects.csv", EFFECT_HEAD, (_effect(effect) for effect in effects))
    _write(folder / "findings.csv", ["question", "answer", "value", "low", "high", "artifacts"], _findings(answers))
    _write(
        folder / "waterfall.csv",
        ["stage", "cell", "key", "unit", "bar", "step", "reason", "count", "remaining"],
        _waterfalls(material),
    )
    _write_as_given(
        folder / "mixtures.csv",
        ["variant", *_fields(ComponentCount)],
        ([name, *_plain(count)] for name, counts in material.mixtures.items() for count in counts),
    )
    _write_as_given(
        folder / "curves.csv",
        ["variant", *_fields(TrainingStep)],
        ([name, *_plain(step)] for name, steps in material.curves.items() for step in steps),
    )


def _write(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    _write_as_given(path, head, settled_rows(head, rows))


def _write_as_given(path: Path, head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(head)
        writer.writerows(rows)


def _fields(record: type[msgspec.Struct]) -> list[str]:
    return list(record.__struct_fields__)


def _plain(record: msgspec.Struct) -> list[object]:
    return list(msgspec.structs.astuple(record))


def _effect(effect: Effect) -> list[object]:
    pairs = "; ".join(f"{one} less {other}" for one, other in effect.pairs)
    measure = effect.measure
    return [
        *(effect.differs, effect.subject, measure.kind, measure.language, measure.exam),
        *("pooled" if effect.pooled else "pair", pairs),
        *(effect.value, effect.low, effect.high, effect.p, effect.items, effect.seen, effect.templates_differ),
        *(effect.seeds, effect.spread, effect.from_seeds),
    ]


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
