"""`mintza instruct ...`: what one does to conversations beside running the study."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.group()
def instruct() -> None:
    """Look after the conversations of a study."""


@instruct.command()
@STUDY
@click.argument("component")
@click.option("--out", type=click.Path(path_type=Path), help="Where to write it.  [default: the terminal]")
@told
def card(study: Path, component: str, out: Path | None) -> None:
    """Write the card of COMPONENT of STUDY: what it is, who wrote it, what was dropped, its licence."""
    from mintza.terminal.cards import card as write

    write(study, component, out)
