"""The page of the command line, from click's own description of it."""

from __future__ import annotations

from collections.abc import Iterator

import click

from builder.notes import cell


def commands(group: click.Group, name: str) -> Iterator[tuple[str, click.Command]]:
    """Every command that can be typed, by its whole name, in the order of `--help`."""
    for word, command in group.commands.items():
        whole = f"{name} {word}".strip()
        if isinstance(command, click.Group):
            yield from commands(command, whole)
        else:
            yield whole, command


def page(group: click.Group) -> str:
    """The page in Markdown: a section a command, with its arguments and options."""
    parts = [
        "# The command line\n",
        f"{group.help}\n",
        "`mintza --version` says which this is; every verb has `--help`.",
    ]
    parts.append("Exit codes: 0 done; 1 an error, told in one message; 2 a verb or an option that is not known;")
    parts.append("75 stopped by a signal that asked for it: run again to go on; 130 stopped by Ctrl-C.\n")
    for name, command in commands(group, "mintza"):
        parts.append(_section(name, command))
    return "\n".join(parts)


def _section(name: str, command: click.Command) -> str:
    context = click.Context(command, info_name=name, max_content_width=100)
    usage = " ".join(command.get_usage(context).removeprefix("Usage: ").split())
    lines = [f"## `{name}`\n", f"{command.help or ''}\n", f"    {usage}\n"]
    rows = []
    for parameter in command.get_params(context):
        told = parameter.get_help_record(context)
        if isinstance(parameter, click.Option) and told and "--help" not in parameter.opts:
            rows.append(f"| {cell(f'`{told[0]}`')} | {cell(told[1])} |")
    if rows:
        lines += ["| option | |", "|---|---|", *rows, ""]
    return "\n".join(lines)
