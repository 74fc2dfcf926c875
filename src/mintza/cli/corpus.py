"""`mintza corpus ...`: what one does to a corpus beside running its study."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.group()
def corpus() -> None:
    """Look after the corpus of a study."""


@corpus.command()
@STUDY
@click.option("--source", required=True, metavar="NAME", help="The source whose texts are trusted.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="Where to write it.  [default: LANGUAGE.calibration.json by the study]",
)
@told
def calibrate(study: Path, source: str, out: Path | None) -> None:
    """Measure a trusted source of STUDY, so that the quality filter knows what its language is like."""
    from mintza.terminal import calibrating

    calibrating.calibrated(study, source, out)
