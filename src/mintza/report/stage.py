"""The stage: a study's material becomes findings, one page, and tables of every number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mintza.records import Finding
from mintza.report.material import Material
from mintza.report.settings import ReportSettings

REVISIONS = {"report": 3}
LIBRARIES: dict[str, tuple[str, ...]] = {"report": ("jinja2", "numpy", "matplotlib", "pyarrow")}


def report(settings: ReportSettings, material: Material, *, workspace: Path) -> Iterator[Finding]:
    """Write the page, `tables/`, `figures/` and `browse/` in the workspace, and yield the findings in the order of the page.

    The same material and settings give the same bytes: nothing of the clock, of this machine, or of how long anything took.
    Raises MissingPart when figures or Parquet are asked for and their packages are not installed.
    """
    from mintza.report.made import make
    from mintza.report.page import page
    from mintza.report.tables import write_tables

    made = make(settings, material)
    write_tables(workspace / "tables", material, made, parquet=settings.parquet)
    (workspace / "index.html").write_text(page(settings, material, made), encoding="utf-8", newline="\n")
    for answer in made.answers:
        yield from answer.findings


def summary(material: Material) -> list[list[str]]:
    """A short table for the terminal: a head, then a row a model; "-" for what was not measured."""
    from mintza.report.variants import summary_rows

    return summary_rows(material)
