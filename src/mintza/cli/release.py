"""`mintza release`, `mintza verify`."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.command()
@STUDY
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The folder to write; new or empty.")
@click.option("--push", is_flag=True, help="Upload it to the hub, under `release: {hub: NAME}`; run again, it goes on.")
@told
def release(study: Path, out: Path, push: bool) -> None:
    """Write models, data and results of STUDY into a folder, with cards, licences, lineage and hashes."""
    from mintza.terminal import releasing

    releasing.release(study, out, push)


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--study", type=click.Path(path_type=Path), help="Does it hold what was taken down from this study since?"
)
@told
def verify(folder: Path, study: Path | None) -> int:
    """Check a release: hashes, lineage, the numbers in its cards, its tables made again."""
    from mintza.terminal import releasing

    return releasing.verify(folder, study)
