"""Tables of measurements as files: CSV to compute with, LaTeX to print, one HTML page to look at."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence

from mintza.report.effects import Seen
from mintza.report.laying import environment
from mintza.report.results import LanguageTable, ModelRow, Value

LATEX = {
    **{sign: f"\\{sign}" for sign in "&%$#_{}"},
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "\\": r"\textbackslash{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}
MARK_ASKED, MARK_MEAN, MARK_PLAIN = "†", "*", "‡"
MARKS: dict[Seen, str] = {"better": "▲", "worse": "▼", "unseen": ""}
Marked = Mapping[tuple[str, str], Seen]
"""(model, column) -> better or worse than the model's untouched backbone on the same items; what is absent bears no mark."""
NONE_MARKED: Marked = {}


def percent(share: float | None) -> str:
    """A share in percent with two decimals; nothing for none."""
    return "" if share is None else f"{100 * share:.2f}"


def as_csv(table: LanguageTable) -> str:
    """`model`, a column an exam, `mean`: percent, empty where there is no value. What is not comparable is in the notes."""
    rows = []
    for row in table.rows:
        values = [row.values.get(column.label) for column in table.columns]
        rows.append([row.model, *(percent(value.share if value else None) for value in values), percent(row.mean)])
    return _csv(["model", *(column.label for column in table.columns), "mean"], rows)


def means_csv(tables: Sequence[LanguageTable]) -> str:
    """The means of every table: over how many exams, and over those that all of its models have."""
    rows = [
        [
            *(table.language, row.model, percent(row.mean), str(row.over), str(len(table.counted))),
            *(percent(row.common), str(len(table.shared)), " ".join(table.shared)),
        ]
        for table in tables
        for row in table.rows
    ]
    head = ["language", "model", "mean", "exams", "exams_of_table", "mean_over_common", "common_exams", "common"]
    return _csv(head, rows)


def intervals_csv(tables: Sequence[LanguageTable]) -> str:
    """Every value with its 95 % interval, where its measurement has one: of a foreign file its standard error times 1.96."""
    rows = [
        [
            table.language,
            row.model,
            label,
            percent(value.share),
            percent(value.low),
            percent(value.high),
            str(value.items),
        ]
        for table in tables
        for row in table.rows
        for label, value in row.values.items()
    ]
    return _csv(["language", "model", "exam", "value", "low", "high", "items"], rows)


def notes_csv(tables: Sequence[LanguageTable]) -> str:
    """What a reader of the tables must know: language, model, exam (or `mean`), what."""
    return _csv(
        ["language", "model", "exam", "what"], [[table.language, *note] for table in tables for note in table.notes]
    )


def _csv(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return text.getvalue()


def as_latex(table: LanguageTable, seen: Marked = NONE_MARKED) -> str:
    r"""A `tabular` for the package booktabs, best of a column in bold, marks explained below the last rule.

    A dagger marks a value that was asked otherwise than its column, a star a mean over other exams than the rest.
    """
    head = ["model", *(column.label for column in table.columns), "mean", *(["common"] if table.uneven else [])]
    best = _best(table)
    lines = [
        "% needs \\usepackage{booktabs}",
        f"\\begin{{tabular}}{{l{'r' * (len(head) - 1)}}}",
        "\\toprule",
        " & ".join(escaped(one) for one in head) + r" \\",
        "\\midrule",
        *(" & ".join(_latex_row(table, row, best, seen)) + r" \\" for row in table.rows),
        "\\bottomrule",
        *(f"\\multicolumn{{{len(head)}}}{{l}}{{\\footnotesize {escaped(line)}}} \\\\" for line in legend(table, seen)),
        "\\end{tabular}",
    ]
    text = "\n".join(lines) + "\n"
    signs = ((MARK_ASKED, r"\dagger"), (MARK_PLAIN, r"\ddagger"))
    for mark, printed in (*signs, (MARKS["better"], r"\uparrow"), (MARKS["worse"], r"\downarrow")):
        text = text.replace(mark, f"$^{{{printed}}}$")
    return text


def legend(table: LanguageTable, seen: Marked = NONE_MARKED) -> list[str]:
    """What the marks of a table mean; nothing where there are none."""
    lines = []
    labels = {column.label for column in table.columns}
    if any(what != "unseen" for (_, label), what in seen.items() if label in labels):
        lines.append(
            f"{MARKS['better']} better, {MARKS['worse']} worse than the untouched backbone on the same items: paired test, p below "
            "0.05 after Holm's correction over the table."
        )
    if any(value.marked for row in table.rows for value in row.values.values()):
        lines.append(f"{MARK_ASKED} asked otherwise than most of the column, and not comparable with it.")
    if table.mixed:
        lines.append(f"{MARK_PLAIN} asked in plain text; the other models under a chat template.")
    if any(not column.counted for column in table.columns):
        left = ", ".join(column.label for column in table.columns if not column.counted)
        lines.append(f"In no mean: {left}.")
    if table.uneven:
        lines.append(f"{MARK_MEAN} mean over fewer exams than the table has, and not comparable with other means.")
        exams = ", ".join(table.shared) if table.shared else "there is none"
        lines.append(f"common: mean over the exams that all models have: {exams}.")
    return lines


def escaped(text: str) -> str:
    """Text as LaTeX prints it."""
    return "".join(LATEX.get(sign, sign) for sign in text)


def _latex_row(table: LanguageTable, row: ModelRow, best: dict[str, str], seen: Marked) -> list[str]:
    cells = [escaped(row.model) + (MARK_PLAIN if table.mixed and row.plain else "")]
    for column in table.columns:
        value = row.values.get(column.label)
        if value is None:
            cells.append("")
            continue
        printed = percent(value.share)
        bold = f"\\textbf{{{printed}}}" if not value.marked and printed == best.get(column.label) else printed
        mark = MARKS[seen.get((row.model, column.label), "unseen")]
        cells.append(bold + mark + (MARK_ASKED if value.marked else ""))
    cells.append(_mean(table, row))
    return [*cells, percent(row.common)] if table.uneven else cells


def _mean(table: LanguageTable, row: ModelRow) -> str:
    return percent(row.mean) + (MARK_MEAN if 0 < row.over < len(table.counted) else "")


def _best(table: LanguageTable) -> dict[str, str]:
    """The greatest value of a column as it is printed, of those asked alike; nothing where only one model has such a value."""
    best = {}
    for column in table.columns:
        values = [row.values[column.label] for row in table.rows if column.label in row.values]
        shares = [value.share for value in values if not value.marked]
        if len(shares) > 1:
            best[column.label] = percent(max(shares))
    return best


def as_html(tables: Sequence[LanguageTable], title: str, names: dict[str, str]) -> str:
    """One page that needs nothing beside it. title: said first.  names: of the languages by ISO 639-3, where known."""
    views = [
        {
            "language": names.get(table.language, table.language),
            "code": table.language,
            "columns": table.columns,
            "uneven": table.uneven,
            "rows": [view(table, row) for row in table.rows],
            "legend": legend(table),
            "notes": table.notes,
        }
        for table in tables
    ]
    text: str = environment().get_template("results.html.j2").render(title=title, tables=views)
    return text


def view(table: LanguageTable, row: ModelRow, seen: Marked = NONE_MARKED) -> dict[str, object]:
    """A row as the templates show it."""
    best = _best(table)
    cells: list[dict[str, object]] = []
    for column in table.columns:
        value = row.values.get(column.label)
        printed = percent(value.share if value else None)
        cells.append(
            {
                "text": printed + (MARK_ASKED if value and value.marked else ""),
                "asked": value.asked if value else "no value",
                "half": _half(value),
                "seen": seen.get((row.model, column.label), "unseen"),
                "best": value is not None and not value.marked and printed == best.get(column.label),
            }
        )
    plain = MARK_PLAIN if table.mixed and row.plain else ""
    mean, common = _mean(table, row), percent(row.common)
    return {"model": row.model, "plain": plain, "cells": cells, "mean": mean, "common": common}


def _half(value: Value | None) -> str:
    """Half of the 95 % interval in points, "" where there is none."""
    if value is None or value.low is None or value.high is None:
        return ""
    return f"{50 * (value.high - value.low):.1f}"
