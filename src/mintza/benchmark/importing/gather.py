"""Rows of many files come together: one result for each cell, wholes from their parts, and measurements."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from mintza.benchmark.importing.files import ResultFile, result_files
from mintza.benchmark.importing.names import say_names, say_versions
from mintza.benchmark.importing.oddities import Oddities, Oddity
from mintza.benchmark.importing.rows import Number, Row, rows
from mintza.benchmark.importing.tasks import UNKNOWN, UNSORTED, Task, TaskTable
from mintza.records import Measurement, Protocol
from mintza.records.exams import Standing

Policy = Literal["refuse", "newest", "first"]
Z95 = 1.959963984540054


class Asked(NamedTuple):
    """How a model was asked; the same exam asked otherwise is another cell."""

    protocol: Protocol
    shots: int
    templated: bool


class Cell(NamedTuple):
    """A place that holds one result."""

    model: str
    task: str
    asked: Asked


@dataclass(frozen=True)
class Imported:
    """What came of an import. files: result files read.  refused: cells left out since they have several results."""

    measurements: list[Measurement]
    oddities: list[Oddity]
    files: int
    refused: list[Cell]


def results_of(paths: Sequence[Path], table: TaskTable, *, duplicates: Policy = "refuse") -> Imported:
    """Measurements of every result file of lm-eval at or below the paths, by model and task in the order of the files.

    duplicates: what is done where a model has two results for one exam, asked the same way: neither is taken, the newest by
    the files' dates, or the first in the order of paths and names.  Nothing is raised: what cannot be read is an oddity.
    """
    odd = Oddities()
    files = list(result_files(paths, odd))
    found = [row for file in files for row in rows(file, odd)]
    say_names(files, odd)
    say_versions(found, odd)
    chosen, refused = _chosen([row for row in found if row.numbers], duplicates, odd)
    _wholes(chosen, refused, table, odd)
    standing = _Standings(found, chosen, table)
    measurements = [
        one for cell, row in chosen.items() for one in _measurements(cell, row, table, standing.of(cell, row), odd)
    ]
    _say_empty(files, measurements, odd)
    return Imported(measurements, list(odd.found), len(files), refused)


def _cell(row: Row) -> Cell:
    return Cell(row.file.model, row.task, Asked(row.protocol, row.shots, row.file.template is not None))


def _chosen(found: Iterable[Row], policy: Policy, odd: Oddities) -> tuple[dict[Cell, Row], list[Cell]]:
    candidates: dict[Cell, list[Row]] = defaultdict(list)
    for row in found:
        candidates[_cell(row)].append(row)
    chosen: dict[Cell, Row] = {}
    refused: list[Cell] = []
    for cell, several in candidates.items():
        if len(several) == 1:
            chosen[cell] = several[0]
            continue
        places = ", ".join(str(row.file.path) for row in several[1:])
        did = "refused" if policy == "refuse" else f"the {policy} taken"
        odd.say(several[0].file.path, cell.task, f"two results for one cell, {did}: {cell.model}, also in {places}")
        if policy == "refuse":
            refused.append(cell)
        else:
            chosen[cell] = several[0] if policy == "first" else max(several, key=lambda row: row.file.written)
    return chosen, refused


def _wholes(chosen: dict[Cell, Row], refused: Sequence[Cell], table: TaskTable, odd: Oddities) -> None:
    """Add the item-weighted mean of its parts for an exam that has parts and no number of its own."""
    parts: dict[Cell, list[Row]] = defaultdict(list)
    for cell, row in chosen.items():
        whole = table.whole_of(cell.task)
        # A row without items is a subgroup in a file that does not say what its groups are.
        if whole is not None and not row.leaves and row.items:
            parts[cell._replace(task=whole.name)].append(row)
    for cell, several in parts.items():
        whole = table.get(cell.task)
        if whole is None or cell in chosen or cell in refused:
            continue
        first = several[0]
        numbers = _weighted(several)
        if not numbers:
            odd.say(first.file.path, cell.task, "no aggregate, and none can be computed: its parts share no metric")
            continue
        every = f"{len(several)} tasks" if len(several) == whole.parts else f"{len(several)} of {whole.parts} tasks"
        odd.say(
            first.file.path, cell.task, f"no aggregate, so the item-weighted mean of its parts: {cell.model}, {every}"
        )
        items = sum(row.items for row in several)
        chosen[cell] = Row(
            file=first.file,
            task=cell.task,
            numbers=numbers,
            items=items,
            shots=first.shots,
            protocol=first.protocol,
            version=None,
            leaves=tuple(row.task for row in several),
            groups=(),
        )


def _weighted(parts: Sequence[Row]) -> dict[str, Number]:
    """By metric that every part has; none when they share none."""
    total = sum(row.items for row in parts)
    numbers = {}
    for metric in parts[0].numbers:
        if all(metric in row.numbers for row in parts):
            value = math.fsum(row.numbers[metric].value * row.items for row in parts) / total
            errors = [row.numbers[metric].error for row in parts]
            known = [error * row.items for error, row in zip(errors, parts, strict=True) if error is not None]
            numbers[metric] = Number(value, math.hypot(*known) / total if len(known) == len(parts) else None)
    return numbers


class _Standings:
    """Which rows are exams, which are parts of one, and which sum up exams that stand beside them."""

    def __init__(self, found: Iterable[Row], chosen: dict[Cell, Row], table: TaskTable) -> None:
        self._table = table
        self._numbered = {(row.file.path, row.task) for row in found if row.numbers}
        self._wholes = {(cell.model, cell.task) for cell in chosen}

    def of(self, cell: Cell, row: Row) -> Standing:
        if row.leaves and any(leaf in self._table for leaf in row.leaves):
            return "sum"
        if cell.task in self._table:
            return "exam"
        whole = self._table.whole_of(cell.task)
        if whole is not None and (cell.model, whole.name) in self._wholes:
            return "part"
        inside = any((row.file.path, group) in self._numbered for group in row.groups)
        return "part" if inside else "exam"


def _measurements(cell: Cell, row: Row, table: TaskTable, standing: Standing, odd: Oddities) -> list[Measurement]:
    """One a metric, the one that the exam is judged by first."""
    task = _known(row, table, odd)
    order = sorted(row.numbers, key=lambda metric: metric.partition(",")[0] != task.metric)
    return [
        Measurement(
            exam=cell.task,
            language=task.language,
            category=task.category,
            model=cell.model,
            metric=metric,
            value=number.value,
            low=None if number.error is None else number.value - Z95 * number.error,
            high=None if number.error is None else number.value + Z95 * number.error,
            items=row.items,
            shots=row.shots,
            protocol=row.protocol,
            template=row.file.template,
            standing=standing,
        )
        for metric, number in ((metric, row.numbers[metric]) for metric in order)
    ]


def _known(row: Row, table: TaskTable, odd: Oddities) -> Task:
    """By the table, for itself or for what it is a part of; else by its name or its parts' names, said."""
    whole = table.get(row.task) or table.whole_of(row.task)
    whole = whole or next((task for task in map(table.get, row.groups) if task is not None), None)
    if whole is not None:
        return whole
    language = next(filter(None, map(table.language_by_name, (row.task, *row.groups))), None)
    if language is None:
        below = {task.language if (task := table.get(leaf)) else table.language_by_name(leaf) for leaf in row.leaves}
        language = below.pop() if len(below) == 1 else None
    if language is None:
        odd.say(row.file.path, row.task, f"an unknown task, its language too: {UNKNOWN}")
    else:
        odd.say(row.file.path, row.task, f"an unknown task, its language by its name: {language}")
    return Task(name=row.task, language=language or UNKNOWN, category=UNSORTED, metric="acc")


def _say_empty(files: Sequence[ResultFile], measurements: Sequence[Measurement], odd: Oddities) -> None:
    some = {one.model for one in measurements}
    for file in files:
        if file.model not in some:
            odd.say(file.path.parent, "", f"nothing of this model was imported: {file.model}")
