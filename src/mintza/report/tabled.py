"""The tables of measurements as files: the same bytes whoever makes them, so that a release can be checked against its numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from mintza.records import Measurement
from mintza.report.printing import as_csv, as_html, as_latex, intervals_csv, means_csv, notes_csv
from mintza.report.results import LanguageTable, language_tables
from mintza.report.rules import Rules


@dataclass(frozen=True)
class Tabled:
    """How tables are made. title: of the page.  languages: codes, () for all.  equal: cell -> what stands for it.

    names: of languages, by ISO 639-3.
    """

    title: str
    languages: Sequence[str] = ()
    equal: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


def table_files(
    measurements: Iterable[Measurement], how: Tabled, rules: Rules | None = None
) -> tuple[list[LanguageTable], dict[str, str]]:
    """The tables, and their files by name: `benchmark-LANGUAGE.csv` and `.tex`, `index.html`, `means.csv`, `intervals.csv`,
    `notes.csv`.
    """
    made = language_tables(measurements, rules=rules, languages=how.languages, equal=dict(how.equal))
    files = {}
    for table in made:
        files[f"benchmark-{table.language}.csv"] = as_csv(table)
        files[f"benchmark-{table.language}.tex"] = as_latex(table)
    files["index.html"] = as_html(made, how.title, dict(how.names))
    files["means.csv"] = means_csv(made)
    files["intervals.csv"] = intervals_csv(made)
    files["notes.csv"] = notes_csv(made)
    return made, files
