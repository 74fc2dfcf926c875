"""The verbs of a cluster: submit, status, cancel."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told

ONLY = click.option("--only", metavar="STAGE[/CELL]", help="One stage, or one cell of it, and what it is made from.")


@click.command()
@STUDY
@ONLY
@click.option("--dry-run", is_flag=True, help="Say what would be submitted and why, and submit nothing.")
@click.option("--picture", type=click.Path(path_type=Path), metavar="FILE.svg", help="Draw what is made from what.")
@told
def submit(study: Path, only: str | None, dry_run: bool, picture: Path | None) -> None:
    """Submit to Slurm what STUDY lacks, a job an artifact. Run again at any time: nothing is submitted twice."""
    from mintza.terminal import clustering

    clustering.submit(study, only, dry_run, picture)


@click.command()
@STUDY
@click.option("--all", "everything", is_flag=True, help="List what is done too.")
@told
def status(study: Path, everything: bool) -> int:
    """Say what of STUDY runs where on the cluster, what waits, what failed and with which last words."""
    from mintza.terminal import clustering

    return clustering.status(study, everything)


@click.command()
@STUDY
@click.option("--only", metavar="STAGE[/CELL]", help="One stage, or one cell of it; what waits for it goes too.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@told
def cancel(study: Path, only: str | None, yes: bool) -> None:
    """Take the jobs of STUDY out of the queue; what is complete stays, what was under way is resumed later."""
    from mintza.terminal import clustering

    clustering.cancel(study, only, yes)
