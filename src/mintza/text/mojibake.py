"""The adapter to ftfy: text that was decoded as what it was not (`Ã±` for `ñ`) is decoded again."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import NamedTuple

from mintza.errors import MissingPart


class Repaired(NamedTuple):
    """text: with the lines repaired.  lines: numbers of those, from 1."""

    text: str
    lines: tuple[int, ...]


def repaired(text: str) -> Repaired:
    """Decode again each line that was decoded wrongly; all others stay as they are, to the byte.

    Only what can be told back: sequences that have lost a byte stay. Raises MissingPart without ftfy.
    """
    if text.isascii():
        return Repaired(text, ())
    again = _again()
    lines = text.split("\n")
    changed = []
    for number, line in enumerate(lines, start=1):
        if line.isascii():
            continue
        better = again(line)
        if better != line:
            lines[number - 1] = better
            changed.append(number)
    return Repaired("\n".join(lines), tuple(changed))


@functools.cache
def _again() -> Callable[[str], str]:
    try:
        from ftfy import TextFixerConfig, fix_encoding
    except ImportError:
        raise MissingPart("ftfy is not installed", remedy="pip install 'mintza[mojibake]'") from None
    config = TextFixerConfig(replace_lossy_sequences=False)
    return lambda line: str(fix_encoding(line, config))
