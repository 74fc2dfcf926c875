"""The commands that the documentation shows: found in its Markdown, and read as click would read them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click

ROOT = Path(__file__).parents[2]
PAGES = [
    *(ROOT / "README.md", ROOT / "CONTRIBUTING.md"),
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "guide").glob("*.md")),
]
DATED = ("log.md",)  # says what was so on a day


class Shown(NamedTuple):
    """A command on a page. whole: in a block, to be typed as it stands; else it is named in a sentence."""

    page: str
    line: int
    text: str
    whole: bool


class Block(NamedTuple):
    """A fenced block of a page. line: of its first line.  before: the text of the page above it."""

    language: str
    line: int
    lines: list[str]
    before: str


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    open_: Block | None = None
    above: list[str] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith("```"):
            if open_ is None:
                open_ = Block(line.strip().removeprefix("```"), number + 1, [], "\n".join(above))
            else:
                yield open_
                open_ = None
        elif open_ is not None:
            open_.lines.append(line)
        else:
            above.append(line)


def shown(page: Path) -> Iterator[Shown]:
    """Every command on a page: in fenced and indented blocks, and between backticks."""
    name, text = page.relative_to(ROOT).as_posix(), page.read_text(encoding="utf-8")
    fenced: set[int] = set()
    for block in blocks(text):
        fenced |= set(range(block.line - 1, block.line + len(block.lines) + 1))
        for number, line in enumerate(block.lines, block.line):
            if block.language in ("", "sh") and re.match(r"\s*(mintza|make) ", line):
                yield Shown(name, number, line.strip(), whole=True)
    for number, line in enumerate(text.splitlines(), 1):
        if number in fenced:
            continue
        if re.match(r" {4,}(mintza|make) ", line):
            yield Shown(name, number, line.strip(), whole=True)
            continue
        for inside in re.findall(r"`((?:mintza|make) [^`]+)`", line):
            yield Shown(name, number, inside, whole=False)


def words(text: str) -> list[str]:
    """A command as words: what follows it in prose is cut, and of what may stand in a place the first is taken."""
    first, *further = re.split(r"\s{2,}", re.sub(r"\s#.*", "", text))
    kept = [first, *(part for part in further if part.lstrip("[").startswith("-"))]
    bare = re.sub(r"\s\|\s\S+", "", " ".join(kept)).replace("...", "")
    found = [re.sub(r"\|.*", "", _without_brackets(word)) for word in shlex.split(bare)]
    return [word for word in found if word]


def _without_brackets(word: str) -> str:
    """`[--all]` as `--all`; the brackets of `STAGE[/CELL]` belong to it."""
    word = word.removeprefix("[")
    while word.count("]") > word.count("["):
        word = word.removesuffix("]")
    return word


def verb_of(found: list[str], group: click.Group) -> tuple[str, click.Command, list[str]]:
    """The whole name of a verb, its command and what follows. Raises UsageError for one that is not there."""
    name, command, rest = found[0], group, found[1:]
    inner: click.Command = command
    while isinstance(inner, click.Group) and rest and not rest[0].startswith("-"):
        if rest[0] in inner.commands:
            name, inner, rest = f"{name} {rest[0]}", inner.commands[rest[0]], rest[1:]
        elif "" in inner.commands:
            inner = inner.commands[""]
        else:
            raise click.UsageError(f"there is no verb {name} {rest[0]}")
    return name, inner, rest


def parse(found: list[str], group: click.Group, *, whole: bool) -> None:
    """Raise UsageError when click would not take the command. A command that is only named may lack arguments."""
    name, command, rest = verb_of(found, group)
    given = ["1" if word == "N" else word for word in rest]
    try:
        command.make_context(name, given)
    except click.exceptions.Exit:
        pass
    except (click.MissingParameter, click.exceptions.NoArgsIsHelpError):
        if whole:
            raise


def targets() -> set[str]:
    """What `make` can be asked for."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
