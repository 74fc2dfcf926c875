"""Reads `<code>/language.yaml` into a Language, `<code>/instruct.yaml` into SamplePrompts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mintza.errors import StudyError
from mintza.languages.parts import check_varieties, identifiers_of
from mintza.plain_yaml import plain_yaml
from mintza.records import Language, SamplePrompts

CODE = re.compile(r"[a-z]{3}_[A-Z][a-z]{3}")
_PACKAGED = Path(__file__).parent
_IDENTIFIERS = ("pycld2", "py3langid")
_SEE = "See CONTRIBUTING, 'A new language'."


def known(search: Sequence[Path] = ()) -> tuple[str, ...]:
    """Codes of all languages that have a folder in `search` or in the package, sorted."""
    codes = {path.parent.name for folder in (*search, _PACKAGED) for path in folder.glob("*/language.yaml")}
    return tuple(sorted(code for code in codes if CODE.fullmatch(code)))


def load(code: str, search: Sequence[Path] = ()) -> Language:
    """The language with this code (`eus_Latn`); folders in `search` come before the package's own.

    Raises StudyError when no folder has the code, or when its file is not a language.
    """
    if CODE.fullmatch(code):
        for folder in (*search, _PACKAGED):
            path = folder / code / "language.yaml"
            if path.is_file():
                return _with_models(_read(path, code), search)
    raise StudyError(f"language '{code}' has no folder; known: {', '.join(known(search))}", remedy=_remedy(code))


def load_sample_prompts(code: str, search: Sequence[Path] = ()) -> SamplePrompts:
    """What a model is told while it samples in a language: the `instruct.yaml` of its folder.

    Raises StudyError when no folder of the language has one, or when it is not as it should be.
    """
    for folder in (*search, _PACKAGED):
        path = folder / code / "instruct.yaml"
        if path.is_file():
            value = _mapping(path)
            try:
                prompts = msgspec.convert(value, SamplePrompts)
            except msgspec.ValidationError as error:
                raise StudyError(f"not prompts to sample under: {error}", place=str(path), remedy=_SEE) from None
            if any(category.weight < 0 for category in prompts.categories):
                raise StudyError("a category has a negative weight", place=str(path), remedy="0 leaves a category out")
            return prompts
    remedy = f"write languages/{code}/instruct.yaml beside the study, or sample under the template's own prompt. {_SEE}"
    raise StudyError(f"language '{code}' has no instruct.yaml", remedy=remedy)


def _with_models(language: Language, search: Sequence[Path]) -> Language:
    """The language with the identifiers of the first `identifiers.yaml` in a folder of its code."""
    for folder in (*search, _PACKAGED):
        path = folder / language.code / "identifiers.yaml"
        if path.is_file():
            return msgspec.structs.replace(language, models=identifiers_of(_mapping(path), path, language.code))
    return language


def _remedy(code: str) -> str:
    if CODE.fullmatch(code):
        return f"write languages/{code}/language.yaml beside the study. {_SEE}"
    return f"a code is ISO 639-3, an underscore and ISO 15924, such as eus_Latn. {_SEE}"


def _mapping(path: Path) -> dict[Any, Any]:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise StudyError(f"cannot be read ({error.strerror})", place=str(path), remedy="mend its permissions") from None
    value = plain_yaml(text, place=str(path), error=StudyError, remedy="mend the file")
    if not isinstance(value, dict):
        raise StudyError("a language is a mapping of keys", place=str(path), remedy=_SEE)
    return value


def _read(path: Path, code: str) -> Language:
    value = _mapping(path)
    try:
        language = msgspec.convert(_flat(value), Language)
    except msgspec.ValidationError as error:
        remedy = f"text such as no, yes, on must stand in quotes in YAML. {_SEE}"
        raise StudyError(f"not a language: {error}", place=str(path), remedy=remedy) from None
    check_varieties(language.varieties, path)
    if language.code != code:
        remedy = "give the folder and the code the same name"
        raise StudyError(f"code '{language.code}' in a folder called '{code}'", place=str(path), remedy=remedy)
    return language


def _flat(value: dict[Any, Any]) -> dict[Any, Any]:
    """The mapping with `identifiers: {pycld2: .., py3langid: ..}` as two keys; an identifier left out does not know it."""
    flat = {key: inner for key, inner in value.items() if key != "identifiers"}
    if "models" in flat:
        raise msgspec.ValidationError("`models` stand in identifiers.yaml")
    identifiers = value.get("identifiers") or {}
    if not isinstance(identifiers, dict):
        raise msgspec.ValidationError("`identifiers` is a mapping of pycld2 and py3langid")
    for key in identifiers:
        if key not in _IDENTIFIERS:
            raise msgspec.ValidationError(f"`identifiers` has '{key}'; known: {', '.join(_IDENTIFIERS)}")
    return {**dict.fromkeys(_IDENTIFIERS), **flat, **identifiers}
