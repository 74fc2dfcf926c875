"""report tables: a file of measurements becomes CSV, LaTeX and HTML."""

from __future__ import annotations

import re
from pathlib import Path

import click

from mintza.errors import BadInput
from mintza.pipeline.cells import cells, resolve
from mintza.report.printing import as_csv, as_html, as_latex, means_csv, notes_csv
from mintza.report.results import language_tables
from mintza.report.rules import rules as rules_of
from mintza.study import Study, load
from mintza.terminal.formats import read_measurements, write_bytes


def tables(file: Path, study: Path | None, rules: str | None, out: Path) -> None:
    """Write `benchmark-LANGUAGE.csv` and `.tex`, `index.html`, `means.csv`, `notes.csv` into a folder, and say so."""
    loaded = load(study) if study is not None else None
    chosen = rules_of(rules) if rules is not None else None
    made = language_tables(
        read_measurements(file),
        rules=chosen,
        languages=[language.code for language in loaded.languages] if loaded else (),
        equal=_equal_cells(loaded) if loaded else {},
    )
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
    names = {one.code.partition("_")[0]: one.name for one in loaded.languages} if loaded else {}
    title = loaded.settings.title if loaded else "Results by language"
    if chosen is not None:
        title = f"{title}, by {chosen.title}"
    for table in made:
        write_bytes(out / f"benchmark-{table.language}.csv", as_csv(table).encode())
        write_bytes(out / f"benchmark-{table.language}.tex", as_latex(table).encode())
        partial = sum(len(row.values) < len(table.columns) for row in table.rows)
        note = f"; {partial} of the means are over fewer exams than the others, see means.csv" if partial else ""
        click.echo(f"benchmark-{table.language}: {len(table.rows)} models, {len(table.columns)} exams{note}")
    write_bytes(out / "index.html", as_html(made, title, names).encode())
    write_bytes(out / "means.csv", means_csv(made).encode())
    write_bytes(out / "notes.csv", notes_csv(made).encode())
    click.echo(f"tables: {out / 'index.html'}, and CSV and LaTeX beside it")


def _equal_cells(study: Study) -> dict[str, str]:
    """Cells that were not trained since the study declares them equal: name -> what stands for them."""
    every = cells(study.settings)
    return {cell.name: resolve(cell.name, every) for cell in every if cell.same_as is not None}
