"""What the program can say of a study, read out of its source: each message with its remedy, capitals for what differs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from builder.notes import cell

RAISED = ("StudyError", "BadInput", "MissingPart", "Need", "ValueError", "ValidationError")
MARK = re.compile(r"^<!-- says: (.+) -->$", re.MULTILINE)


class Message(NamedTuple):
    """text and remedy, with a word in capitals, or three points, in place of each value."""

    text: str
    remedy: str


def filled(page: str, source: Path) -> str:
    """A page in which each line `<!-- says: FILE... -->` becomes the table of what these files of `source` can say."""
    return MARK.sub(lambda mark: _table(_all(mark.group(1).split(), source)), page)


def _all(names: list[str], source: Path) -> Iterator[Message]:
    for name in names:
        files = sorted(source.glob(name))
        if not files:
            raise FileNotFoundError(f"docs/check.md names {name}, which is not in {source}")
        for file in files:
            yield from messages(ast.parse(file.read_text(encoding="utf-8")))


def _table(found: Iterator[Message]) -> str:
    rows = [f"| {cell(text)} | {cell(remedy)} |" for text, remedy in dict.fromkeys(found)]
    return "\n".join(["| it says | the remedy |", "|---|---|", *rows])


def messages(module: ast.Module) -> Iterator[Message]:
    """The messages in a module in the order of its lines, those that are only handed on left out."""
    calls = [node for node in ast.walk(module) if isinstance(node, ast.Call) and node.args]
    for call in sorted(calls, key=lambda call: call.lineno):
        name = getattr(call.func, "id", getattr(call.func, "attr", ""))
        noted = name == "append" and "doubts" in ast.unparse(call.func)
        if name not in RAISED and not noted:
            continue
        scope = _assigned(module, call.lineno)
        text = _template(call.args[0], scope)
        given = [word.value for word in call.keywords if word.arg == "remedy"] + call.args[1:2]
        if re.search("[a-z]{3}", text):
            yield Message(text, _template(given[0], scope) if given else "")


def _assigned(module: ast.Module, line: int) -> dict[str, ast.expr]:
    """What names held before a line, by the last assignment above it."""
    found: dict[str, ast.expr] = {}
    for node in ast.walk(module):
        if isinstance(node, ast.Assign) and node.lineno < line and isinstance(node.targets[0], ast.Name):
            name = node.targets[0].id
            if name not in found or found[name].lineno < node.lineno:
                found[name] = node.value
    return found


def _joined(node: ast.JoinedStr, scope: dict[str, ast.expr]) -> str:
    """The parts of an f-string, with a space where a word in capitals would run into the next."""
    text, capital = "", False
    for value in node.values:
        part = _template(value, scope)
        text += f" {part}" if capital and part[:1].isalnum() else part
        capital = isinstance(value, ast.FormattedValue) and text[-1:].isupper()
    return text


def _template(node: ast.expr, scope: dict[str, ast.expr]) -> str:
    if isinstance(node, ast.Constant):
        return str(node.value)
    if isinstance(node, ast.JoinedStr):
        return _joined(node, scope)
    if isinstance(node, ast.FormattedValue):
        return _template(node.value, scope)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _template(node.left, scope) + _template(node.right, scope)
    if isinstance(node, ast.Name):
        held = scope.get(node.id)
        told = _template(held, {}) if isinstance(held, ast.Constant | ast.JoinedStr) else ""
        return told if any(map(str.islower, told)) else node.id.strip("_").upper()
    return node.attr.strip("_").upper() if isinstance(node, ast.Attribute) else "..."
