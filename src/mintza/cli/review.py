"""`mintza review STUDY [COMPONENT]`."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import HOST, STUDY, told


@click.command()
@STUDY
@click.argument("component", required=False)
@HOST
@click.option("--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="The port; 0 for any.")
@click.option(
    "--key-file",
    type=click.Path(path_type=Path),
    help="A file that holds the key; else the variable MINTZA_REVIEW_KEY.",
)
@click.option(
    "--at-most", type=click.IntRange(min=1), default=2000, show_default=True, help="Lay out the N least certain."
)
@click.option("--dropped", is_flag=True, help="Lay out what the checks dropped, too.")
@told
def review(
    study: Path,
    component: str | None,
    host: str,
    port: int,
    key_file: Path | None,
    at_most: int,
    dropped: bool,
) -> None:
    """Let speakers read COMPONENT of STUDY on a local page: accept, edit or reject, uncertain first."""
    from mintza.terminal import reviewing

    reviewing.review(study, component, host=host, port=port, key_file=key_file, at_most=at_most, dropped=dropped)
