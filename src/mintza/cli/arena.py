"""`mintza arena serve FILE`."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import told


@click.group()
def arena() -> None:
    """The arena: people compare two models blind."""


@arena.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option("--port", default=8600, show_default=True, type=click.IntRange(1, 65535), help="The port to listen on.")
@told
def serve(file: Path, host: str, port: int) -> None:
    """Serve the arena of FILE, a study or an arena alone, until it is stopped."""
    from mintza.terminal import arena as serving

    serving.serve(file, host, port)
