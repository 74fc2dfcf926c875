"""`mintza benchmark ...`: results that were measured elsewhere."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import told


@click.group()
def benchmark() -> None:
    """Bring in results that were measured elsewhere."""


@benchmark.command(name="import")
@click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="FILE: .jsonl(.zst), .json, .csv, .parquet")
@click.option(
    "--duplicates",
    type=click.Choice(["refuse", "newest", "first"]),
    default="refuse",
    show_default=True,
    help="Which of two results for the same model and exam, asked the same way.",
)
@told
def import_results(paths: tuple[Path, ...], out: Path, duplicates: str) -> int:
    """Make measurements of result files and folders of lm-eval, and list what was odd."""
    from mintza.terminal import importing

    return importing.import_results(paths, out, duplicates)
