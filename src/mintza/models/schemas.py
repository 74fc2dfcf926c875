"""JSON schemas as servers take them, and whether an answer keeps to one: the part that this project's own requests use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

_KINDS: dict[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}

_FENCED = re.compile(r"\s*```[\w-]*[ \t]*\n(.*?)\n?\s*```\s*", re.DOTALL)


def without_tuples(schema: Any) -> Any:
    """The schema with each `prefixItems` as `items` that may be any of them, where a tuple is not understood (OpenAI, strict).

    It lets more pass: the order of the items is for the reader to look at.
    """
    if isinstance(schema, list):
        return [without_tuples(inner) for inner in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {name: without_tuples(inner) for name, inner in schema.items() if name != "prefixItems"}
    if "prefixItems" in schema:
        kinds: list[Any] = []
        for inner in schema["prefixItems"]:
            kind = without_tuples(inner)
            if kind not in kinds:
                kinds.append(kind)
        plain["items"] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return plain


def out_of_fence(text: str) -> str:
    """What stands in a block of code that is the whole text; the text where it is none. Models that are only asked for JSON do so."""
    fenced = _FENCED.fullmatch(text)
    return fenced.group(1) if fenced else text


def violation(text: str, schema: Mapping[str, Any]) -> str:
    """Where and how the text leaves the schema, "" when it keeps to it.

    Looked at: type, enum, const, properties, required, additionalProperties (false), items, minItems, maxItems, minLength,
    maxLength, minimum, maximum, anyOf. Other keywords are let pass.
    """
    try:
        value = json.loads(text)
    except ValueError:
        return "it is no JSON"
    return _wrong(value, schema, "the answer")


def _wrong(value: Any, schema: Mapping[str, Any], place: str) -> str:
    options = schema.get("anyOf")
    if options and all(_wrong(value, option, place) for option in options):
        return f"{place} is none of what it may be"
    kinds = schema.get("type")
    if kinds is not None and not any(_is(value, kind) for kind in ([kinds] if isinstance(kinds, str) else kinds)):
        return f"{place} is no {kinds}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} is none of the values that it may have"
    if "const" in schema and value != schema["const"]:
        return f"{place} is not {schema['const']!r}"
    if isinstance(value, dict):
        return _wrong_object(value, schema, place)
    if isinstance(value, list):
        return _wrong_array(value, schema, place)
    if isinstance(value, str):
        return _out_of(len(value), schema, "minLength", "maxLength", f"the length of {place}")
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _out_of(value, schema, "minimum", "maximum", place)
    return ""


def _is(value: Any, kind: str) -> bool:
    if isinstance(value, bool):
        return kind == "boolean"
    return isinstance(value, _KINDS.get(kind, object))


def _wrong_object(value: dict[str, Any], schema: Mapping[str, Any], place: str) -> str:
    known = schema.get("properties", {})
    for name in schema.get("required", ()):
        if name not in value:
            return f"{place} has no {name!r}"
    for name, inner in value.items():
        if name in known:
            if wrong := _wrong(inner, known[name], f"{place}.{name}"):
                return wrong
        elif schema.get("additionalProperties") is False:
            return f"{place} has {name!r} too many"
    return ""


def _wrong_array(value: list[Any], schema: Mapping[str, Any], place: str) -> str:
    items = schema.get("items", {})
    for number, inner in enumerate(value):
        if wrong := _wrong(inner, items, f"{place}[{number}]"):
            return wrong
    return _out_of(len(value), schema, "minItems", "maxItems", f"the length of {place}")


def _out_of(size: float, schema: Mapping[str, Any], least: str, most: str, what: str) -> str:
    if size < schema.get(least, float("-inf")) or size > schema.get(most, float("inf")):
        return f"{what} is {size}"
    return ""
