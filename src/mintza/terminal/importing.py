"""benchmark import: foreign results become a file of measurements, with what was odd said and written beside it."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import cast

import click

from mintza.benchmark.importing.gather import Imported, Policy, results_of
from mintza.benchmark.importing.oddities import Oddity
from mintza.benchmark.importing.tasks import Task, TaskTable, task_table
from mintza.exams.definition import LmEvalData, shipped, taken
from mintza.exams.settings import ExamsSettings, Take
from mintza.terminal.formats import suffix_of, write_measurements, write_rows

EXAMPLES = 2
"""Of each cause that cost nothing; what was left out is said in full."""
COSTLY = ("left out", "refused", "cannot be read", "no such file", "holds no .json", "nothing of this model")


def import_results(paths: tuple[Path, ...], out: Path, duplicates: str) -> int:
    """Write measurements and oddities; 1 when nothing could be imported or duplicates were refused, else 0."""
    suffix = suffix_of(out)
    found = results_of(paths, known_tasks(), duplicates=cast("Policy", duplicates))
    beside = out.with_name(out.name[: -len(suffix)] + ".odd.csv")
    write_rows(beside, ["file", "task", "what"], ([odd.file, odd.task, odd.what] for odd in found.oddities))
    _say_oddities(found.oddities, beside)
    if not found.measurements:
        click.echo(f"nothing could be imported from {found.files} result files; {out} is not written", err=True)
        return 1
    write_measurements(out, found.measurements)
    _say_written(found, out)
    if found.refused:
        click.echo(
            f"{len(found.refused)} cells have two results or more and were left out\n"
            "  remedy: --duplicates newest, --duplicates first, or give fewer folders",
            err=True,
        )
        return 1
    return 0


def known_tasks() -> TaskTable:
    """Tasks of the definitions of exams that come with Mintza, and those of the importer's own table."""
    every = taken(ExamsSettings(take={name: Take() for name in shipped()}), Path())
    return task_table(
        Task(name=data.task, language=code, category=found.definition.category, metric=found.definition.metric)
        for found in every
        for code, data in found.definition.languages.items()
        if isinstance(data, LmEvalData)
    )


def _say_written(found: Imported, out: Path) -> None:
    models = {one.model for one in found.measurements}
    exams = {one.exam for one in found.measurements if one.standing == "exam"}
    click.echo(
        f"{out}: {len(found.measurements)} measurements of {len(models)} models in {len(exams)} exams, "
        f"from {found.files} result files"
    )
    click.echo(f"next: mintza report tables {out} --out DIR")


def _say_oddities(oddities: list[Oddity], beside: Path) -> None:
    causes: dict[str, list[Oddity]] = defaultdict(list)
    for odd in oddities:
        causes[odd.cause].append(odd)
    for cause, several in causes.items():
        click.echo(f"odd, {len(several)} x: {cause}")
        shown = several if any(word in cause for word in COSTLY) else several[:EXAMPLES]
        for odd in shown:
            task = f", {odd.task}" if odd.task else ""
            details = odd.what[len(cause) :]
            click.echo(f"  {odd.file}{task}{details}")
        if len(several) > len(shown):
            click.echo(f"  and {len(several) - len(shown)} more")
    click.echo(f"{len(oddities)} oddities, all of them in {beside}")
