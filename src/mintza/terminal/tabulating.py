"""report tables: a file of measurements becomes CSV, LaTeX and HTML."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mintza import languages
from mintza.errors import BadInput
from mintza.pipeline.cells import equal_cells
from mintza.report.rules import rules as rules_of
from mintza.report.tabled import Tabled, table_files
from mintza.report.words import counted
from mintza.study import load
from mintza.terminal.formats import read_measurements, write_bytes


def tables(file: Path, study: Path | None, rules: str | None, out: Path) -> None:
    """Write `benchmark-LANGUAGE.csv` and `.tex`, `index.html`, and CSV of means, intervals, notes into a folder, and say so."""
    loaded = load(study) if study is not None else None
    chosen = rules_of(rules) if rules is not None else None
    known = loaded.languages if loaded else [languages.load(code) for code in languages.known()]
    names = {one.code.partition("_")[0]: one.name for one in known}
    title = loaded.settings.title if loaded else "Results by language"
    how = Tabled(
        title=f"{title}, by {chosen.title}" if chosen is not None else title,
        languages=[language.code for language in loaded.languages] if loaded else (),
        equal=equal_cells(loaded.settings) if loaded else {},
        names=names,
    )
    made, files = table_files(read_measurements(file), how, chosen)
    if not made:
        raise BadInput(
            "it holds no exam of a language that the table is to have",
            place=str(file),
            remedy="leave out --study or --rules, or import other results",
        )
    for table in made:
        if not re.fullmatch("[a-z]{2,8}", table.language):
            raise BadInput(
                f"'{table.language}' is no language", place=str(file), remedy="give codes such as eus_Latn, or und"
            )
    for table in made:
        partial = sum(row.over < len(table.counted) for row in table.rows)
        note = f"; {partial} of the means are over fewer exams than the others, see means.csv" if partial else ""
        click.echo(
            f"benchmark-{table.language}: {counted(len(table.rows), 'model')}, {counted(len(table.columns), 'exam')}{note}"
        )
    for name, content in files.items():
        write_bytes(out / name, content.encode())
    click.echo(f"tables: {out / 'index.html'}, and CSV and LaTeX beside it")
