"""Reading a study: a file in, a frozen Study out, or one error that names the line and the remedy."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mintza import languages
from mintza.errors import StudyError
from mintza.records import Language
from mintza.study.names import check_names
from mintza.study.schema import StudySettings
from mintza.study.yaml_lines import Lines, read_yaml


@dataclass(frozen=True)
class Study:
    """A study that was read. path: of its file, absolute.  languages: the target first, then `also`."""

    path: Path
    settings: StudySettings
    languages: tuple[Language, ...]

    @property
    def base(self) -> Path:
        """The folder that paths in the study are relative to: that of its file."""
        return self.path.parent

    @property
    def target(self) -> Language:
        """The language that the study is for."""
        return self.languages[0]

    @property
    def store(self) -> Path:
        """The folder of its store."""
        return (self.base / self.settings.execution.store).resolve()

    def language(self, code: str) -> Language:
        """One language by its code, of the study or not. Raises StudyError when it has no folder."""
        known = next((language for language in self.languages if language.code == code), None)
        return known or load_language(code, self.base)


def load(path: Path) -> Study:
    """Read a study file. Raises StudyError or BadInput, each with its place and remedy."""
    lines = read_yaml(path)
    if not isinstance(lines.value, dict):
        raise StudyError("a study is a mapping of keys", place=lines.place(), remedy="start from `mintza init LANG`")
    try:
        settings = StudySettings.model_validate_json(json.dumps(lines.value))
    except ValidationError as error:
        raise _explain(error, lines) from None
    check_names(settings, lines)
    base = path.resolve().parent
    found = []
    for where, code in [(("language",), settings.language), *((("also", i), c) for i, c in enumerate(settings.also))]:
        try:
            found.append(load_language(code, base))
        except StudyError as error:
            raise StudyError(error.message, place=lines.place(where), remedy=error.remedy) from None
    return Study(path=path.resolve(), settings=settings, languages=tuple(found))


def load_language(code: str, base: Path) -> Language:
    """A language by its code: `languages/` beside the study is searched first."""
    return languages.load(code, search=(base / "languages",))


def _explain(error: ValidationError, lines: Lines) -> StudyError:
    details = error.errors(include_url=False)
    first = details[0]
    where = _in_file(first["loc"], lines.value)
    more = f" ({len(details) - 1} more after this one)" if len(details) > 1 else ""
    message, remedy = _words(first, where)
    return StudyError(message + more, place=lines.place(where), remedy=remedy)


def _in_file(location: Sequence[str | int], value: Any) -> tuple[str | int, ...]:
    """A pydantic location without the names of union members, which are not in the file."""
    where: list[str | int] = []
    for index, part in enumerate(location):
        if _holds(value, part):
            value = value[part]
        elif isinstance(value, dict) and index == len(location) - 1:
            value = None
        else:
            continue
        where.append(part)
    return tuple(where)


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _words(detail: ErrorDetails, where: tuple[str | int, ...]) -> tuple[str, str]:
    name = where[-1] if where else "the study"
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _known_keys(StudySettings, detail["loc"][:-1])
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return f"unknown key '{name}'", f"{hint}known here: {', '.join(known)}" if known else "remove it"
    if kind == "missing":
        return f"the key '{name}' is missing", "add it; `mintza init LANG` writes a study with every key that is needed"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        context = detail.get("ctx", {})
        tag = str(context.get("discriminator", "kind")).strip("'")
        expected = str(context.get("expected_tags", "")) or "one of the kinds in the guide"
        return f"{tag}: {context.get('tag', 'missing')}", f"write {tag}: one of {expected}"
    given = json.dumps(detail["input"], ensure_ascii=False, default=str)
    return f"{detail['msg']}, not {given[:80]}", "change the value; the room's page in docs/guide lists what it may be"


def _known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that stand at a location, following settings classes, unions and mappings as far as they go."""
    candidates: list[Any] = [model]
    for part in location:
        following: list[Any] = []
        for candidate in candidates:
            following.extend(_step(candidate, part))
        candidates = following or candidates
    keys: list[str] = []
    for candidate in candidates:
        if isinstance(candidate, type) and issubclass(candidate, BaseModel):
            keys.extend(key for key in candidate.model_fields if key not in keys)
    return keys


def _step(annotation: Any, part: str | int) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        field = annotation.model_fields.get(str(part))
        if field is not None:
            return _members(field.annotation)
        default = annotation.model_fields.get("kind") or annotation.model_fields.get("provider")
        tagged = default is not None and part in getattr(default.annotation, "__args__", ())
        return [annotation] if tagged else []
    return []


def _members(annotation: Any) -> list[Any]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    found: list[Any] = []
    for inner in getattr(annotation, "__args__", ()):
        found.extend(_members(inner))
    return found
