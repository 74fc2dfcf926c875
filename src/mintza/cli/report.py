"""`mintza report STUDY`, `mintza report tables FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, OrStudy, told


@click.group(cls=OrStudy, subcommand_metavar="STUDY | COMMAND [ARGS]...")
def report() -> None:
    """Make the report of STUDY from what is complete, and say where it is; or tables of a file."""


@report.command(name="")
@STUDY
@told
def report_study(study: Path) -> None:
    """Make the report of STUDY from what is complete, and say where it is."""
    from mintza.terminal import verbs

    verbs.report(study)


@report.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--study", type=click.Path(path_type=Path), help="Its languages alone and in its order, its equal cells.")
@click.option("--rules", type=click.Choice(["reference"]), help="Exams, metrics and means of a published table.")
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write into.")
@told
def tables(file: Path, study: Path | None, rules: str | None, out: Path) -> None:
    """Print measurements in FILE as CSV, LaTeX and HTML, a table a language."""
    from mintza.terminal import tabulating

    tabulating.tables(file, study, rules, out)
