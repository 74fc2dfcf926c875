"""The stage: a study's material becomes findings, one page, and tables of every number."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mintza.records import Finding
from mintza.report.material import Material
from mintza.report.settings import ReportSettings

REVISIONS = {"report": 9}
LIBRARIES: dict[str, tuple[str, ...]] = {"report": ("jinja2", "numpy", "matplotlib", "pyarrow")}


def report(settings: ReportSettings, material: Material, *, workspace: Path) -> Iterator[Finding]:
    """Write the page, `tables/`, `figures/` and `browse/` in the workspace, and yield the findings in the order of the page.

    The same material and settings give the same bytes: nothing of the clock, of this machine, or of how long anything took.
    Raises MissingPart when figures or Parquet are asked for and their packages are not installed.
    """
    from mintza.report.browsing.pages import browse
    from mintza.report.figures.drawing import draw
    from mintza.report.figures.sketches import sketches
    from mintza.report.made import make
    from mintza.report.page import page
    from mintza.report.tables import write_tables
    from mintza.report.wording import Words

    made, said = make(settings, material), Words(settings.language)
    write_tables(workspace / "tables", material, made, parquet=settings.parquet)
    if settings.figures:
        draw(workspace / "figures", sketches(material, made, said))
    if settings.browse:
        browse(workspace / "browse", material, made, said)
    (workspace / "index.html").write_text(page(settings, material, made), encoding="utf-8", newline="\n")
    for answer in made.answers:
        yield from answer.findings


def summary(material: Material) -> list[list[str]]:
    """A short table for the terminal: a head, then a row a model; "-" for what was not measured."""
    from mintza.report.variants import summary_rows

    return summary_rows(material)
