"""`mintza translate ...`: what one does to translations beside running the study."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.group()
def translate() -> None:
    """Look after the translations of a study."""


@translate.command()
@STUDY
@click.option("--sample", type=click.IntRange(min=0), default=3, show_default=True, help="How many segments to print.")
@told
def gate(study: Path, sample: int) -> int:
    """Try the translating model of STUDY on parallel text: scores, failures, what the whole run would cost."""
    from mintza.terminal import gating

    return gating.gate(study, sample)
