"""YAML that is data and nothing else, for files that a person writes: a key that is written twice is an error, not the last one."""

from __future__ import annotations

from typing import Any

import yaml

from mintza.errors import MintzaError


def plain_yaml(text: str | bytes, *, place: str, error: type[MintzaError], remedy: str) -> Any:
    """The value of a YAML text. Raises `error` with the line, where it is not YAML or a mapping says a key twice.

    place: of the text.  remedy: for what is not YAML.
    """
    try:
        # yaml.load is safe with a SafeLoader, which this one is.
        return yaml.load(text, Loader=_Once)  # noqa: S506
    except _TwiceError as twice:
        raise error(twice.said, place=f"{place}:{twice.line}", remedy=twice.remedy) from None
    except (yaml.YAMLError, ValueError, RecursionError) as wrong:
        mark = getattr(wrong, "problem_mark", None)
        reason = getattr(wrong, "problem", None) or getattr(wrong, "reason", None) or str(wrong)
        where = f"{place}:{mark.line + 1}" if mark is not None else place
        reason = "not UTF-8" if "UTF-8" in reason else reason
        raise error(f"not YAML: {reason}", place=where, remedy=remedy) from None


class _TwiceError(Exception):
    """A mapping says a key twice. line: of the second."""

    def __init__(self, key: str, line: int, first: int) -> None:
        self.said = f"the key '{key}' is written twice"
        self.line = line
        self.remedy = f"keep one (the first is on line {first})"
        super().__init__(self.said)


class _Once(yaml.CSafeLoader):
    """Builds plain values, and looks at the keys of each mapping as they are written."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        lines: dict[str, int] = {}
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and (written := str(key.value)) in lines:
                raise _TwiceError(written, key.start_mark.line + 1, lines[written])
            if isinstance(key, yaml.ScalarNode):
                lines[str(key.value)] = key.start_mark.line + 1
        found: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return found
