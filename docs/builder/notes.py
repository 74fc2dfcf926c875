"""What a docstring says of each field: the house writes `name: what it is.  other: what that is.`, in records and settings."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterable


def notes(documented: type, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The docstring before the first field's note, and the notes by field. A note that is for several names is under each."""
    text = inspect.cleandoc(documented.__doc__ or "")
    return split(text, names)


def split(text: str, names: Iterable[str]) -> tuple[str, dict[str, str]]:
    """The same of a text."""
    either = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    if not either:
        return text, {}
    marks = list(re.finditer(rf"(?:^|(?<=[.;\n]\s)|(?<=\n)|(?<=  ))\s*((?:{either})(?:, (?:{either}))*): ", text))
    if not marks:
        return text, {}
    found: dict[str, str] = {}
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    for mark, end in zip(marks, ends, strict=True):
        note = " ".join(text[mark.end() : end].split()).rstrip(";")
        for name in mark.group(1).split(", "):
            found[name] = note
    return text[: marks[0].start()].strip(), found


def cell(text: str) -> str:
    """A text inside a table of Markdown: on one line, its bars and angles told apart from markup (not within code)."""
    flat = " ".join(text.split()).replace("|", "\\|")
    parts = re.split(r"(`[^`]*`)", flat)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;").replace("*", "\\*") for part in parts)


def prose(text: str) -> str:
    """A docstring as a paragraph or several of Markdown: angles and stars outside code are text."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if part.startswith("`") else part.replace("<", "&lt;").replace("*", "\\*") for part in parts)


def keyed(rows: list[str], first: str) -> list[str]:
    """A table of keys or fields, of which a phone makes a list (`site.css`). first: what stands in the first column."""
    head = [f"| {first} | type | default | |", "|---|---|---|---|"]
    return ["```{container} keyed", "", *head, *rows, "```", ""]
