"""Every key of a study with its type, default and meaning, from the settings classes themselves."""

from __future__ import annotations

import json
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from builder.notes import cell, keyed, notes, prose


class Section(NamedTuple):
    """One class of settings where it stands. path: as one writes it, `corpus.sources[]`.  tag: `kind: folder` in a union."""

    path: str
    tag: str
    settings: type[BaseModel]

    @property
    def title(self) -> str:
        """The heading."""
        return f"`{self.path}`" + (f" with `{self.tag}`" if self.tag else "")


def sections(path: str, annotation: Any) -> Iterator[Section]:
    """The settings under a key, itself first, then those inside it; each class once in what is asked for."""
    yield from _walk(path, annotation, seen=set())


def _walk(path: str, annotation: Any, seen: set[type[BaseModel]]) -> Iterator[Section]:
    for where, inner in _models(path, annotation):
        if inner in seen:
            continue
        seen.add(inner)
        yield Section(where, _tag(inner), inner)
        for name, field in inner.model_fields.items():
            yield from _walk(f"{where}.{name}", field.annotation, seen)


def _models(path: str, annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    annotation = _bare(annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield path, annotation
    elif get_origin(annotation) is dict:
        yield from _models(f"{path}.NAME", get_args(annotation)[1])
    elif get_origin(annotation) is tuple:
        yield from _models(f"{path}[]", get_args(annotation)[0])
    else:
        for inner in get_args(annotation) if get_origin(annotation) is not Literal else ():
            yield from _models(path, inner)


def _bare(annotation: Any) -> Any:
    return _bare(get_args(annotation)[0]) if get_origin(annotation) is Annotated else annotation


def _tag(settings: type[BaseModel]) -> str:
    for name in ("kind", "provider"):
        field = settings.model_fields.get(name)
        if field is not None and get_origin(field.annotation) is Literal:
            return f"{name}: {get_args(field.annotation)[0]}"
    return ""


def own_pages(study: type[BaseModel]) -> list[str]:
    """The keys of a study that have settings of their own, in its order."""
    return [key for key, field in study.model_fields.items() if any(_models(key, field.annotation))]


def pages(study: type[BaseModel]) -> dict[str, str]:
    """Pages of Markdown by name: `index` for the top of a study, and one for each key of it that has settings of its own."""
    found = {"index": _top(study)}
    for key in own_pages(study):
        parts = [f"# `{key}`\n", f"Under the key `{key}` of a [study](index.md).\n"]
        for section in sections(key, study.model_fields[key].annotation):
            parts.append(_section(section, headed=section.title != f"`{key}`"))
        found[key] = "\n".join(parts)
    return found


def _top(study: type[BaseModel]) -> str:
    head = (
        "# The study file\n\nEvery key, with its type, its default and what it says; written from the program itself. "
        "[The guide](../../guide/study.md) tells how the keys play together. A key without a default must be given. "
        "What stands under `execution`, anywhere, says how to run and bears on no result.\n"
    )
    table = _table(study, {key: f"[`{key}`]({key}.md)" for key in own_pages(study)})
    return "\n".join([head, *table])


def _section(section: Section, *, headed: bool) -> str:
    prelude, _ = notes(section.settings, section.settings.model_fields)
    head = [f"## {section.title}\n"] if headed else []
    return "\n".join([*head, prose(prelude), "", *_table(section.settings, {})])


def _table(settings: type[BaseModel], links: dict[str, str]) -> list[str]:
    fields = settings.model_fields
    _, told = notes(settings, fields)
    for above in settings.__mro__[1:]:
        if issubclass(above, BaseModel) and above is not BaseModel:
            told = {**notes(above, fields)[1], **told}
    rows = [
        f"| {links.get(name, f'`{name}`')} | {cell(_kind(field.annotation, field.metadata))} | {_default(field)} "
        f"| {cell(told.get(name) or _of_class(field.annotation))} |"
        for name, field in fields.items()
    ]
    return keyed(rows, "key") if rows else ["No keys.\n"]


def _of_class(annotation: Any) -> str:
    """What the one class of settings under a key says of itself, where the class above says nothing of the key."""
    found = list(_models("", annotation))
    if len(found) != 1:
        return ""
    said = notes(found[0][1], found[0][1].model_fields)[0].split("\n\n")[0]
    return said[:1].lower() + said[1:]


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True) if not field.is_required() else PydanticUndefined
    if value is PydanticUndefined:
        return "**needed**"
    if isinstance(value, BaseModel):
        return "theirs"
    if isinstance(value, tuple) and any(isinstance(inner, BaseModel) for inner in value):
        return cell(", ".join(f"`{_tag(type(inner))}`" for inner in value))
    return cell(f"`{json.dumps(value, ensure_ascii=False)}`")


NAMES = {int: "whole number", float: "number", str: "text", bool: "`true`, `false`", type(None): "`null`"}


def _kind(annotation: Any, metadata: list[Any] | tuple[Any, ...] = ()) -> str:
    limits = _limits(metadata)
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _kind(inside[0], [*inside[1:], *metadata])
    if origin is Literal:
        return ", ".join(f"`{json.dumps(value) if not isinstance(value, str) else value}`" for value in inside)
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(inner) for inner in inside)) + limits
    if origin is tuple:
        return f"list of {_kind(inside[0])}{limits}"
    if origin is dict:
        return f"each `NAME`: {_kind(inside[1])}{limits}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return f"`{_tag(annotation)}`" if _tag(annotation) else "keys of its own"
    return NAMES.get(annotation, "any") + limits


def _limits(metadata: list[Any] | tuple[Any, ...]) -> str:
    words = {"ge": "from {}", "gt": "above {}", "le": "to {}", "lt": "below {}", "min_length": "at least {}"}
    flat = [inner for given in metadata for inner in (getattr(given, "metadata", None) or [given])]
    found = [
        words[name].format(getattr(limit, name))
        for limit in flat
        for name in words
        if getattr(limit, name, None) is not None
    ]
    return f" ({', '.join(dict.fromkeys(found))})" if found else ""
