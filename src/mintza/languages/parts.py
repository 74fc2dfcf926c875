"""What may stand in a language's folder beside its plain fields: identifiers in files, and varieties."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from mintza.errors import StudyError
from mintza.records import IdentifierFile, Variety

_SEE = "See docs/guide/languages.md."


def identifiers_of(value: dict[Any, Any], path: Path, code: str) -> tuple[IdentifierFile, ...]:
    """The identifiers under `models` in an `identifiers.yaml`; their files are named from its folder.

    Where no sha256 is given it is taken of the file. Raises StudyError for what is not one, or whose file is not there.
    """
    models = value.get("models")
    if set(value) != {"models"} or not isinstance(models, list):
        raise StudyError("identifiers.yaml is a mapping with the key `models`, a list", place=str(path), remedy=_SEE)
    return tuple(_identifier(model, path, code) for model in models)


def check_varieties(varieties: Sequence[Variety], path: Path) -> None:
    """Raise StudyError for two of one name, for one that nothing tells, and for a pattern that is none."""
    names = [variety.name for variety in varieties]
    for variety in varieties:
        wrong = None
        if names.count(variety.name) > 1:
            wrong = "there are two of this name"
        elif not variety.words and not variety.patterns:
            wrong = "it has neither words nor patterns"
        elif any(word != word.casefold() or len(word.split()) != 1 for word in variety.words):
            wrong = "`words` are single words in lower case"
        wrong = wrong or next((bad for pattern in variety.patterns if (bad := _not_a_pattern(pattern))), None)
        if wrong:
            raise StudyError(f"variety '{variety.name}': {wrong}", place=str(path), remedy=f"mend it. {_SEE}")


def _identifier(model: Any, path: Path, code: str) -> IdentifierFile:
    if not isinstance(model, dict):
        raise StudyError("a model is a mapping with `kind` and `file`", place=str(path), remedy=_SEE)
    file = (path.parent / str(model.get("file", ""))).resolve()
    if not file.is_file():
        remedy = "bring the file, or take its entry out"
        raise StudyError(f"the identifier '{model.get('file')}' is not there", place=str(path), remedy=remedy)
    given = {"label": code, **model, "file": str(file)}
    if "sha256" not in given:
        with file.open("rb") as opened:
            given["sha256"] = hashlib.file_digest(opened, "sha256").hexdigest()
    try:
        return msgspec.convert(given, IdentifierFile)
    except msgspec.ValidationError as error:
        raise StudyError(f"not an identifier: {error}", place=str(path), remedy=_SEE) from None


def _not_a_pattern(pattern: str) -> str | None:
    try:
        re.compile(pattern)
    except re.error as error:
        return f"'{pattern}' is no regular expression ({error})"
    return None
