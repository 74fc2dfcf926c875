"""YAML as a person writes it, with the line of every key, so that an error can name its place."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from mintza.errors import BadInput, StudyError

Path_ = tuple[str | int, ...]
# YAML 1.1 reads 0_010 and 010 as the number 8, and 12:30 as 750: nobody who writes a study means that.
SURPRISING = re.compile(r"^[-+]?(0[0-9_]+|[0-9][0-9_]*(:[0-5]?[0-9])+|[0-9]+_[0-9_]+)$")


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
    try:
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise StudyError(f"not YAML: {error.problem}", place=f"{path}:{line}", remedy="mend the line") from None
    except yaml.YAMLError as error:
        raise StudyError(f"not YAML: {error}", place=str(path), remedy="mend the file") from None
    lines: dict[Path_, int] = {}
    value = _build(node, (), lines, path) if node is not None else None
    return Lines(path, value, lines)


def _build(node: yaml.Node, where: Path_, lines: dict[Path_, int], path: Path) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, where, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*where, index), lines, path) for index, child in enumerate(node.value)]
    return _scalar(node, where, path)


def _mapping(node: yaml.MappingNode, where: Path_, lines: dict[Path_, int], path: Path) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        line = key_node.start_mark.line + 1
        if key in mapping:
            raise StudyError(
                f"the key '{key}' is written twice",
                place=f"{path}:{line}",
                remedy=f"keep one (the first is on line {lines[(*where, key)]})",
            )
        lines[(*where, key)] = line
        mapping[key] = _build(value_node, (*where, key), lines, path)
    return mapping


def _scalar(node: yaml.Node, where: Path_, path: Path) -> Any:
    if isinstance(node, yaml.ScalarNode) and not node.style and SURPRISING.match(str(node.value)):
        raise StudyError(
            f"YAML would read {node.value} as another number",
            place=f"{path}:{node.start_mark.line + 1}: {'.'.join(str(part) for part in where)}",
            remedy=f'write "{node.value}" in quotes, or the number without leading zeros, underscores and colons',
        )
    loader = yaml.SafeLoader("")
    value = loader.construct_object(node)
    return value if isinstance(value, str | int | float | bool | None) else str(node.value)
