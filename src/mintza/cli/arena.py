"""`mintza arena ...`: serving, and what those who run an arena do at its machine."""

from __future__ import annotations

from pathlib import Path

import click

from mintza.cli.told import STUDY, told


@click.group()
def arena() -> None:
    """The arena: people compare two models blind."""


FILE = click.argument("file", type=click.Path(path_type=Path))
OUT = click.argument("out", type=click.Path(path_type=Path))
PORT = click.option(
    "--port",
    default=8600,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="The port to listen on, 0 for any that is free.",
)


@arena.command()
@FILE
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@PORT
@told
def serve(file: Path, host: str, port: int) -> None:
    """Serve the arena of FILE, a study or an arena alone, until it is stopped."""
    from mintza.terminal import arena as serving

    serving.serve(file, host, port)


@arena.command("try")
@STUDY
@PORT
@click.option(
    "--data", type=click.Path(path_type=Path), help="Where its votes are; else .mintza-arena beside studies/."
)
@click.option("--texts", type=click.Path(path_type=Path), help="A file of its title, examples and campaign.")
@click.option("--engines", default=5, show_default=True, type=click.IntRange(1, 64), help="Models served, at most.")
@told
def try_it(study: Path, port: int, data: Path | None, texts: Path | None, engines: int) -> None:
    """Try an arena on this machine before the trained variants of STUDY, until it is stopped."""
    from mintza.terminal import arena_trial

    arena_trial.serve(study, port=port, data=data, texts=texts, engines=engines)


@arena.command()
@FILE
@click.option("--add", metavar="NAME", help="Make NAME staff, and say the link that sets the password.")
@click.option("--remove", metavar="NAME", help="NAME is staff no longer.")
@told
def staff(file: Path, add: str | None, remove: str | None) -> None:
    """Who runs the arena of FILE: a list, one more, one less."""
    from mintza.terminal import arena_staff

    arena_staff.staff(file, add, remove)


@arena.command()
@FILE
@told
def checks(file: Path) -> None:
    """What checks of voters leave out in the arena of FILE, and what staff overruled."""
    from mintza.terminal import arena_staff

    arena_staff.checks(file)


@arena.command()
@FILE
@click.argument("voter")
@click.argument("check")
@click.option("--why", default="", metavar="TEXT", help="The reason, kept for staff.")
@click.option("--back", is_flag=True, help="Let the check hold again.")
@told
def overrule(file: Path, voter: str, check: str, why: str, back: bool) -> None:
    """Let the votes of VOTER count in the arena of FILE, whatever CHECK finds in them."""
    from mintza.terminal import arena_staff

    arena_staff.overrule(file, voter, check, why, back)


@arena.command()
@FILE
@OUT
@click.option(
    "--texts", is_flag=True, help="Write what people wrote to the file OUT, to be read before it is published."
)
@told
def export(file: Path, out: Path, texts: bool) -> None:
    """Write what is published of the arena of FILE into the folder OUT."""
    from mintza.terminal import arena_staff

    arena_staff.export(file, out, texts)


@arena.command("import")
@FILE
@click.argument("rows", type=click.Path(path_type=Path))
@told
def take(file: Path, rows: Path) -> None:
    """Take judged battles into the arena of FILE, from ROWS, a file of JSON lines as `export` writes them."""
    from mintza.terminal import arena_staff

    arena_staff.take(file, rows)


@arena.command()
@FILE
@OUT
@told
def backup(file: Path, out: Path) -> None:
    """Write the database and the secret of the arena of FILE into the new folder OUT, also while it serves."""
    from mintza.terminal import arena_backup

    arena_backup.backup(file, out)


@arena.command()
@FILE
@OUT
@told
def restore(file: Path, out: Path) -> None:
    """Bring back what `backup` wrote into OUT, where the arena of FILE has no database."""
    from mintza.terminal import arena_backup

    arena_backup.restore(file, out)


@arena.command()
@FILE
@told
def retain(file: Path) -> None:
    """Delete what is past the time for which the arena of FILE keeps it."""
    from mintza.terminal import arena_staff

    arena_staff.retain(file)


@arena.command()
@FILE
@click.option("--draw", metavar="SEED", help="Draw with SEED; without it only the digest of the entries is shown.")
@told
def raffle(file: Path, draw: str | None) -> None:
    """Draw the prizes of the arena of FILE, and record the draw."""
    from mintza.terminal import arena_staff

    arena_staff.raffle(file, draw)
