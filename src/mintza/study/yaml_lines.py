"""YAML as a person writes it, with the line of every key, so that an error can name its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mintza.errors import BadInput, StudyError

Path_ = tuple[str | int, ...]
# YAML 1.1 reads 0_010 and 010 as the number 8, 12:30 as 750, 1_0.5 as 10.5: nobody who writes a study means that.
SURPRISING = re.compile(
    r"^[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+|[0-9]+_[0-9_]+)$|^[-+]?(?=.*[_:])[0-9][0-9_:]*\.[0-9_]*([eE][-+]?[0-9]+)?$"
)
TAG = "tag:yaml.org,2002:"
TEXT = {TAG + name for name in ("str", "timestamp", "value", "merge")}
"""What is text in a study: a date too, and `=` and `<<`, which YAML gives a meaning of their own."""
PLAIN = {TAG + name for name in ("null", "bool", "int", "float")}
GREATEST = 2**63
LONGEST_NUMBER = 70
NUMBER = "write one of at most 18 digits"
MOST_VALUES = 1_000_000


class Lines:
    """A parsed YAML file and where each of its values stands."""

    def __init__(self, path: Path, value: Any, lines: dict[Path_, int]) -> None:
        self.path = path
        self.value = value
        self._lines = lines

    def place(self, where: Sequence[str | int] = ()) -> str:
        """`demo.yaml:12: corpus.sources.0.path`: the nearest line that is known for a place in the file."""
        known = tuple(where)
        while known and known not in self._lines:
            known = known[:-1]
        line = self._lines.get(known, 1)
        dotted = ".".join(str(part) for part in where)
        return f"{self.path}:{line}" + (f": {dotted}" if dotted else "")


def read_yaml(path: Path) -> Lines:
    """Parse a YAML file. Raises BadInput when it cannot be read, StudyError when it is not YAML or a key is written twice."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise BadInput("there is no such file", place=str(path), remedy="give the path of a study file") from None
    except IsADirectoryError:
        raise BadInput("this is a folder", place=str(path), remedy="give the path of a study file in it") from None
    except UnicodeDecodeError as error:
        raise BadInput(f"not UTF-8 (byte {error.start})", place=str(path), remedy="save it as UTF-8") from None
    except OSError as error:
        raise BadInput(error.strerror or str(error), place=str(path), remedy="make it readable") from None
    node = _composed(text, path)
    if node is None:
        return Lines(path, None, {})
    builder = _Builder(path)
    return Lines(path, builder.build(node, ()), builder.lines)


def _composed(text: str, path: Path) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        raise _not_yaml(error, text, path) from None
    except yaml.YAMLError as error:
        reason = str(error).partition("\n")[0]
        raise StudyError(f"not YAML: {reason}", place=str(path), remedy="mend the file") from None
    return node


def _not_yaml(error: yaml.MarkedYAMLError, text: str, path: Path) -> StudyError:
    """With the line where it broke, and the line where what broke began: an open quote shows itself much later."""
    mark, began = error.problem_mark, error.context_mark
    line = mark.line + 1 if mark else 1
    lines = text.splitlines()
    if mark and mark.line < len(lines) and "\t" in lines[mark.line][: mark.column + 1]:
        return StudyError("not YAML: a tab", place=f"{path}:{line}", remedy="write spaces in its place")
    since = (
        f" ({error.context}, from line {began.line + 1} on)"
        if began and error.context and began.line + 1 != line
        else ""
    )
    return StudyError(f"not YAML: {error.problem}{since}", place=f"{path}:{line}", remedy="mend the line")


class _Builder:
    """Builds plain values of nodes. lines: where each value stands."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Path_, int] = {}
        self._open: set[int] = set()
        self._values = 0

    def build(self, node: yaml.Node, where: Path_) -> Any:
        self.lines.setdefault(where, node.start_mark.line + 1)
        self._values += 1
        if id(node) in self._open or self._values > MOST_VALUES:
            wrong = "an alias (*) that holds itself" if id(node) in self._open else f"more than {MOST_VALUES:,} values"
            raise StudyError(wrong, place=self._place(node, where), remedy="write out what is meant")
        self._open.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node, where)
            if isinstance(node, yaml.SequenceNode):
                return self._sequence(node, where)
            return self._scalar(node, where)
        finally:
            self._open.discard(id(node))

    def _mapping(self, node: yaml.MappingNode, where: Path_) -> dict[str, Any]:
        self._refuse_tag(node, where, "map")
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise StudyError(
                    "a key is one word", place=self._place(key_node, where), remedy="take the `?` or the brackets out"
                )
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in mapping:
                raise StudyError(
                    f"the key '{key}' is written twice",
                    place=f"{self.path}:{line}",
                    remedy=f"keep one (the first is on line {self.lines[(*where, key)]})",
                )
            self.lines[(*where, key)] = line
            mapping[key] = self.build(value_node, (*where, key))
        return mapping

    def _sequence(self, node: yaml.SequenceNode, where: Path_) -> list[Any]:
        self._refuse_tag(node, where, "seq")
        return [self.build(child, (*where, index)) for index, child in enumerate(node.value)]

    def _scalar(self, node: yaml.Node, where: Path_) -> Any:
        written = str(node.value)
        if node.tag in TEXT:
            return written
        if node.tag not in PLAIN:
            self._refuse_tag(node, where, "str")
        if not getattr(node, "style", None) and SURPRISING.match(written):
            raise StudyError(
                f"YAML would read {written} as another number",
                place=self._place(node, where),
                remedy=f'write "{written}" in quotes, or the number without leading zeros, underscores and colons',
            )
        if node.tag == TAG + "int" and len(written) > LONGEST_NUMBER:
            raise StudyError("the number is too large", place=self._place(node, where), remedy=NUMBER)
        try:
            value = yaml.SafeLoader("").construct_object(node)
        except (ValueError, KeyError):
            raise StudyError(
                f"{written[:80]} is not what its tag says", place=self._place(node, where), remedy="take the `!!` out"
            ) from None
        if isinstance(value, int) and abs(value) >= GREATEST:
            raise StudyError("the number is too large", place=self._place(node, where), remedy=NUMBER)
        return value

    def _refuse_tag(self, node: yaml.Node, where: Path_, plain: str) -> None:
        if node.tag != TAG + plain:
            tag = node.tag.replace(TAG, "!!")
            raise StudyError(
                f"the tag {tag} means nothing here", place=self._place(node, where), remedy="take the tag out"
            )

    def _place(self, node: yaml.Node, where: Path_) -> str:
        dotted = ".".join(str(part) for part in where)
        return f"{self.path}:{node.start_mark.line + 1}" + (f": {dotted}" if dotted else "")
