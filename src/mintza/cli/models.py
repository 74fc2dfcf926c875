"""`mintza journal`, `mintza batch`, `mintza serve`: asking models at scale."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told

ANY = click.Path(path_type=Path)


@click.command()
@STUDY
@told
def journal(study: Path) -> None:
    """Show what the models of STUDY were asked: answers, failures by cause, tokens, pace, cost."""
    from mintza.terminal import asking

    asking.journal(study)


@click.group()
def batch() -> None:
    """Ask models through files, as `vllm run-batch` and vendors' batch queues take them."""


@batch.command()
@STUDY
@click.option("--out", required=True, type=ANY, help="The new file of requests.")
@click.option("--only", metavar="STAGE[/CELL]", help="Only what this stage, or one cell of it, would ask.")
@told
def export(study: Path, out: Path, only: str | None) -> None:
    """Write the requests that stages of STUDY would send next to a file. Nothing is asked."""
    from mintza.terminal import asking

    asking.export(study, out, only)


@batch.command(name="import")
@STUDY
@click.argument("results", nargs=-1, required=True, type=ANY)
@told
def import_results(study: Path, results: tuple[Path, ...]) -> int:
    """Take the answers in RESULTS into the journal of STUDY, in any order."""
    from mintza.terminal import asking

    return asking.import_(study, results)
