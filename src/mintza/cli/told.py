"""What every verb shares: an error is one message and an exit code; verbs stand in the order in which one meets them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click

from mintza.errors import MintzaError

STUDY = click.argument("study", type=click.Path(path_type=Path))
HOST = click.option(
    "--host", default="127.0.0.1", show_default=True, help="Where to listen; elsewhere only with a key."
)


class Verbs(click.Group):
    """The group of verbs, in the order in which one meets them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)


class OrStudy(click.Group):
    """A verb that takes STUDY, or one of its subcommands by its name: a study of such a name is written `./NAME`."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args[0] in self.commands:
            return super().resolve_command(ctx, args)
        return None, self.commands[""], args

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in self.commands if name]


def told(verb: Callable[..., int | None]) -> Callable[..., None]:
    """Turn an error into one message and an exit code, never a traceback."""

    @wraps(verb)
    def wrapped(*arguments: Any, **options: Any) -> None:
        try:
            code = verb(*arguments, **options)
        except MintzaError as error:
            click.echo(f"mintza: {error}", err=True)
            sys.exit(error.exit_code)
        except KeyboardInterrupt:
            click.echo("\nmintza: stopped; run again to go on from here", err=True)
            sys.exit(130)
        except BrokenPipeError:
            sys.exit(141)
        except OSError as error:
            click.echo(f"mintza: {_of_the_disk(error)}", err=True)
            sys.exit(1)
        sys.exit(code or 0)

    return wrapped


def _of_the_disk(error: OSError) -> MintzaError:
    """What no room foresaw of a file or an address: its name, what the system says of it."""
    names = [str(name) for name in (error.filename, error.filename2) if name is not None]
    said = error.strerror or str(error) or type(error).__name__
    return MintzaError(
        said, place=", ".join(names), remedy="look at what is named here, and run again: what is complete is kept"
    )
