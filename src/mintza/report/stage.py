"""The stage: a study's material becomes findings, one page, and tables of every number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mintza.records import Finding
from mintza.report.material import Material
from mintza.report.settings import ReportSettings

REVISIONS = {"report": 2}
LIBRARIES: dict[str, tuple[str, ...]] = {"report": ("jinja2", "numpy")}


def report(settings: ReportSettings, material: Material, *, workspace: Path) -> Iterator[Finding]:
    """Write `index.html` and `tables/*.csv` in the workspace, and yield the findings in the order of the page.

    The same material and settings give the same bytes: nothing of the clock, of this machine, or of how long anything took.
    """
    from mintza.report.effects import effects
    from mintza.report.page import page
    from mintza.report.questions import answers
    from mintza.report.scorebook import ScoreBook
    from mintza.report.tables import write_tables

    book = ScoreBook(material)
    found = effects(material, book, level=settings.level, replicas=settings.replicas)
    told = answers(material, found)
    write_tables(workspace / "tables", material, found, told)
    (workspace / "index.html").write_text(page(settings, material, book, found, told), encoding="utf-8", newline="\n")
    for answer in told:
        yield from answer.findings


def summary(material: Material) -> list[list[str]]:
    """A short table for the terminal: a head, then a row a model; "-" for what was not measured."""
    from mintza.report.variants import summary_rows

    return summary_rows(material)
