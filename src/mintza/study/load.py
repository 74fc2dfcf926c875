"""Reading a study: a file in, a frozen Study out, or one error that names the line and the remedy."""

from __future__ import annotations

import difflib
import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mintza import languages
from mintza.errors import StudyError
from mintza.records import Language
from mintza.study.names import check_names, check_sources
from mintza.study.schema import NAME_PATTERN, SampledComponent, StudySettings, WrittenComponent
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
    def typed(self) -> str:
        """Its file as one types it after a command, here: from the present folder where it lies below that, quoted where need be."""
        here = Path.cwd()
        return shlex.quote(str(self.path.relative_to(here) if self.path.is_relative_to(here) else self.path))

    @property
    def target(self) -> Language:
        """The language that the study is for."""
        return self.languages[0]

    @property
    def store(self) -> Path:
        """The folder of its store."""
        return (self.base / Path(self.settings.execution.store).expanduser()).resolve()

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
        raise explain(error, lines) from None
    check_names(settings, lines)
    base = path.resolve().parent
    found = []
    for where, code in [(("language",), settings.language), *((("also", i), c) for i, c in enumerate(settings.also))]:
        found.append(_named_language(code, base, lines.place(where)))
    for name, component in settings.components.items():
        if isinstance(component, SampledComponent | WrittenComponent):
            _named_language(component.language, base, lines.place(("components", name, "language")))
    check_sources(settings, lines)
    return Study(path=path.resolve(), settings=settings, languages=tuple(found))


def _named_language(code: str, base: Path, place: str) -> Language:
    """A language that the study names at a place; an error in its own folder names that folder first."""
    try:
        return load_language(code, base)
    except StudyError as error:
        named = f"{place}: {error.place}" if error.place else place
        raise StudyError(error.message, place=named, remedy=error.remedy) from None


def load_language(code: str, base: Path) -> Language:
    """A language by its code: `languages/` beside the study is searched first."""
    return languages.load(code, search=(base / "languages",))


def explain(error: ValidationError, lines: Lines, root: type[BaseModel] = StudySettings) -> StudyError:
    """The first of pydantic's complaints, with its line and what to do. root: the class that the file was read into."""
    every = error.errors(include_url=False)
    # A list of which an item is wrong is said to be too short as well: it is not.
    deeper = [detail["loc"] for detail in every if detail["type"] != "too_short"]
    details = [
        one
        for one in every
        if one["type"] != "too_short" or not any(loc[: len(one["loc"])] == one["loc"] for loc in deeper)
    ]
    first = details[0]
    where = _in_file(first["loc"], lines.value)
    more = f" ({len(details) - 1} more after this one)" if len(details) > 1 else ""
    message, remedy = _words(first, where, root)
    return StudyError(message + more, place=lines.place(where), remedy=remedy)


def _in_file(location: Sequence[str | int], value: Any) -> tuple[str | int, ...]:
    """A pydantic location without the names of union members, which are not in the file."""
    where: list[str | int] = []
    entered = None
    for index, part in enumerate(location):
        if _is_tag(value, part) and value is not entered:
            entered = value
            continue
        if part == "[key]":
            continue
        if _holds(value, part):
            value = value[part]
        elif isinstance(value, dict) and index == len(location) - 1:
            value = None
        else:
            continue
        where.append(part)
    return tuple(where)


def _is_tag(value: Any, part: str | int) -> bool:
    """Whether a part of a location is the kind of a member of a union, which may be the name of one of its keys as well."""
    return isinstance(value, dict) and part in (value.get("kind"), value.get("provider"))


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, dict):
        return part in value
    return isinstance(value, list) and isinstance(part, int) and part < len(value)


def _words(detail: ErrorDetails, where: tuple[str | int, ...], root: type[BaseModel]) -> tuple[str, str]:
    name = where[-1] if where else "the study"
    kind = detail["type"]
    if kind == "extra_forbidden":
        known = _known_keys(root, detail["loc"][:-1])
        close = difflib.get_close_matches(str(name), known, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return f"unknown key '{name}'", f"{hint}known here: {', '.join(known)}" if known else "remove it"
    if kind == "missing":
        return f"the key '{name}' is missing", "add it; `mintza init LANG` writes a study with every key that is needed"
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        return _of_union(detail)
    return _message(detail), _remedy(detail)


def _of_union(detail: ErrorDetails) -> tuple[str, str]:
    context = detail.get("ctx", {})
    tag = str(context.get("discriminator", "kind")).strip("'")
    expected = context.get("expected_tags") or ", ".join(_kinds(detail["loc"], tag))
    remedy = (
        f"write {tag}: one of {expected}" if expected else f"write {tag}: ..., as the room's page in docs/guide says"
    )
    given = context.get("tag")
    return (f"there is no {tag} '{given}' here" if given is not None else f"the key '{tag}' is missing"), remedy


def _message(detail: ErrorDetails) -> str:
    """pydantic's sentence, in the words of YAML, with what was given where that is short."""
    said = detail["msg"].removeprefix("Value error, ")
    context = detail.get("ctx", {})
    if detail["type"] == "too_short":
        least = context.get("min_length", 1)
        said = f"at least {least} {'value is' if least == 1 else 'values are'} needed here"
    for theirs, ours in _YAML_WORDS:
        said = said.replace(theirs, ours)
    inside = isinstance(detail["input"], dict | list) and detail["type"] == "value_error"
    return said if inside else f"{said}, not {_given(detail)}"


_YAML_WORDS = (
    ("a valid array", "a list"),
    ("a valid list", "a list"),
    ("a valid tuple", "a list"),
    ("an object", "a mapping of keys"),
    ("a valid dictionary", "a mapping of keys"),
    ("a valid string", "text"),
    ("a valid boolean", "true or false"),
    ("a valid integer", "a whole number"),
    ("a valid number", "a number"),
)


def _given(detail: ErrorDetails) -> str:
    if detail["input"] is None:
        return "empty"
    return json.dumps(detail["input"], ensure_ascii=False, default=str)[:80]


def _remedy(detail: ErrorDetails) -> str:
    """What to do about the commonest slips; else where the value is explained."""
    kind, given = detail["type"], detail["input"]
    if given is None:
        return "write a value after the colon, or take the key out"
    if kind == "string_type" and isinstance(given, bool):
        return "YAML reads yes, no, on and off as true and false: write the word in quotes"
    if kind == "string_type" and isinstance(given, int | float):
        return f'write it in quotes: "{given}"'
    if kind in ("tuple_type", "list_type") and isinstance(given, str | int | float):
        return f"write it as a list: [{given}]"
    if kind in ("int_type", "float_type") and isinstance(given, str):
        return "write a number, without quotes; one with an exponent wants a point: 1.0e-5"
    if kind == "string_pattern_mismatch" and detail.get("ctx", {}).get("pattern") == NAME_PATTERN:
        return "a name is of letters without accents, digits, and . _ -, and begins with a letter or digit"
    return "change the value; the room's page in docs/guide lists what it may be"


def _known_keys(model: type[BaseModel], location: Sequence[str | int]) -> list[str]:
    """The keys that stand at a location."""
    keys: list[str] = []
    for candidate in _at(model, location):
        keys.extend(key for key in candidate.model_fields if key not in keys)
    return keys


def _kinds(location: Sequence[str | int], tag: str) -> list[str]:
    """The values that `tag` (`kind`, `provider`) may have at a location."""
    fields = [
        candidate.model_fields[tag] for candidate in _at(StudySettings, location) if tag in candidate.model_fields
    ]
    return list(dict.fromkeys(str(kind) for field in fields for kind in getattr(field.annotation, "__args__", ())))


def _at(model: type[BaseModel], location: Sequence[str | int]) -> list[type[BaseModel]]:
    """The settings classes that stand at a location: one, or all members of a union whose kind the location does not name."""
    found: list[Any] = [model]
    for part in location:
        found = [inner for annotation in found for inner in _step(annotation, part)]
    return [member for annotation in found for member in _alternatives(annotation) if _is_model(member)]


def _step(annotation: Any, part: str | int) -> list[Any]:
    """What stands one part of a location further: behind a key, an index, a field, or the kind of a member."""
    among = _alternatives(annotation)
    tagged = [member for member in among if _is_model(member) and len(among) > 1 and part in _kind_of(member)]
    if tagged:
        return tagged
    found: list[Any] = []
    for member in among:
        inner = getattr(member, "__args__", ())
        if _is_model(member):
            field = member.model_fields.get(str(part))
            found += [] if field is None else [field.annotation]
        elif inner:
            found.append(inner[1] if isinstance(part, str) and len(inner) > 1 else inner[0])
    return found


def _alternatives(annotation: Any) -> list[Any]:
    """The members of a union, without what only annotates it; the annotation itself where it is none."""
    if get_origin(annotation) is Annotated:
        return _alternatives(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [member for inner in get_args(annotation) for member in _alternatives(inner)]
    return [annotation]


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _kind_of(model: type[BaseModel]) -> tuple[str, ...]:
    tagged = model.model_fields.get("kind") or model.model_fields.get("provider")
    return getattr(tagged.annotation, "__args__", ()) if tagged is not None else ()
