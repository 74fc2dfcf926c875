"""Formats of plain text: a file that is one document, and a line of JSON that is one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from mintza.corpus.source_settings import SourceSettings
from mintza.corpus.sources.opening import not_utf8, numbered_lines, whole_text
from mintza.corpus.sources.pieces import Broken, Passed, Piece, Row
from mintza.corpus.sources.unpacking import MEND, DamagedFile


def text(path: Path, settings: SourceSettings) -> Iterator[Piece]:
    """The file as it stands."""
    yield Row("", whole_text(path, settings.limits))


def json_lines(path: Path, settings: SourceSettings) -> Iterator[Piece]:
    """A document a line, called by its `id` or else the number of the line; lines without anything are passed over."""
    empty = True
    for number, line in numbered_lines(path, settings.limits):
        if isinstance(line, bytes) and not line.strip():
            continue
        empty = False
        try:
            if isinstance(line, DamagedFile):
                raise line
            key, found = _row(line, settings.text_field)
        except DamagedFile as damage:
            damage.line = number
            yield Broken(str(number), damage)
            continue
        yield Row(key or str(number), found, number)
    if empty:
        yield Passed("", "empty")


def _row(line: bytes, field: str) -> tuple[str, str]:
    """Key (empty when the line has no id) and text of a line. Raises DamagedFile."""
    try:
        value: Any = msgspec.json.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise _not_utf8(line) or DamagedFile("not JSON", detail=str(error)) from None
    if not isinstance(value, dict):
        raise no_text(field, "it is no object with keys")
    if field not in value:
        raise no_text(field, f"it has {', '.join(value)}", remedy=named_elsewhere("key"))
    if not isinstance(value[field], str):
        raise no_text(field, "what stands there is none")
    return key_of(value.get("id")), value[field]


def no_text(field: str, detail: str, remedy: str = MEND) -> DamagedFile:
    """What is said of a row without text under its key."""
    return DamagedFile(f"has no text under '{field}'", detail=detail[:200], remedy=remedy)


def named_elsewhere(what: str) -> str:
    """What to do where the text stands under another name. what: `key` or `column`."""
    return f"name the {what} that holds the text in its source (`text_field: NAME`)"


def _not_utf8(line: bytes) -> DamagedFile | None:
    """What is wrong with its bytes, if they are; the library of JSON says so in other words in each version."""
    try:
        line.decode()
    except UnicodeDecodeError as error:
        return not_utf8(str(error))
    return None


def key_of(given: object) -> str:
    """What an id, given by a row, adds to the name of its file; empty for none. Raises DamagedFile for one that cannot be used."""
    if isinstance(given, bool) or not isinstance(given, str | int | None) or given == "":
        raise DamagedFile("has an id that is neither text nor a whole number")
    return "" if given is None else str(given)
