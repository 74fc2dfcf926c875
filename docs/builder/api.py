"""Pages of functions, classes and records, from their docstrings."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from types import ModuleType
from typing import Any, ForwardRef

import msgspec

from builder.notes import cell, keyed, notes, prose


def page(package: ModuleType, title: str) -> str:
    """A page of a room in Markdown: a section a module, and in it what is public there and has a docstring."""
    parts = [f"# {title}\n", prose(inspect.getdoc(package) or ""), ""]
    for module in _modules(package):
        members = list(_members(module))
        if members:
            short = module.__name__.rsplit(".", 1)[-1]
            parts += [f"## `{short}`\n", prose(inspect.getdoc(module) or ""), ""]
            parts += [_member(name, member) for name, member in members]
    return "\n".join(parts)


def _modules(package: ModuleType) -> Iterator[ModuleType]:
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        if not info.ispkg:
            yield importlib.import_module(info.name)


def _members(module: ModuleType) -> Iterator[tuple[str, Any]]:
    for name, member in vars(module).items():
        own = getattr(member, "__module__", None) == module.__name__
        if own and not name.startswith("_") and (inspect.isfunction(member) or inspect.isclass(member)):
            yield name, member


def _member(name: str, member: Any) -> str:
    if inspect.isclass(member) and issubclass(member, msgspec.Struct):
        return _record(name, member)
    head = "class " if inspect.isclass(member) else ""
    signature = _signature(member)
    if inspect.isclass(member) and (issubclass(member, BaseException) or "Protocol" in str(member.__bases__)):
        signature = ""
    code = f"```python\n{head}{name}{signature}\n```" if signature else ""
    text = prose(inspect.getdoc(member) or "") if member.__doc__ else ""
    return f"### `{name}`\n\n{code}\n\n{text}\n"


def _record(name: str, record: type[msgspec.Struct]) -> str:
    fields = msgspec.structs.fields(record)
    prelude, told = notes(record, [field.name for field in fields])
    rows = []
    for field in fields:
        kind = _annotation(record, field.name)
        rows.append(f"| `{field.name}` | {cell(f'`{kind}`')} | {_default(field)} | {cell(told.get(field.name, ''))} |")
    return "\n".join([f"### `{name}`\n", prose(prelude), "", *(keyed(rows, "field") if rows else [])])


def _annotation(record: type, name: str) -> str:
    """As the class, or the one above it that has the field, writes it."""
    return next(str(above.__annotations__[name]) for above in record.__mro__ if name in inspect.get_annotations(above))


def _default(field: Any) -> str:
    if field.default is not msgspec.NODEFAULT:
        return cell(f"`{field.default!r}`")
    if field.default_factory is not msgspec.NODEFAULT:
        return f"`{field.default_factory()!r}`"
    return ""


class _AsWritten(str):
    """An annotation that is printed as it stands in the source."""

    __slots__ = ()
    __repr__ = str.__str__


def _source(annotation: str | ForwardRef) -> str:
    return annotation.__forward_arg__ if isinstance(annotation, ForwardRef) else annotation


def _signature(member: Any) -> str:
    try:
        found = inspect.signature(member)
    except (TypeError, ValueError):
        return ""
    parameters = [
        parameter.replace(annotation=_AsWritten(_source(parameter.annotation)))
        if isinstance(parameter.annotation, str | ForwardRef)
        else parameter
        for parameter in found.parameters.values()
        if parameter.name != "self"
    ]
    gives = found.return_annotation
    whole = found.replace(
        parameters=parameters, return_annotation=_AsWritten(gives) if isinstance(gives, str) else gives
    )
    return re.sub(r"<object object at 0x[0-9a-f]+>", "...", str(whole))
