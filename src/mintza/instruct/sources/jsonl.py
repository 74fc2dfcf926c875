"""Conversations in files of JSON lines, on this machine or inside an installed package."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

from mintza.errors import BadInput, MissingPart
from mintza.instruct.settings import JsonlSource, PackageSource
from mintza.instruct.sources.rows import Row


class JsonlRows:
    """The lines of one file, or of every *.jsonl file of a folder. shown: how places and provenance name the path."""

    def __init__(self, path: Path, shown: str) -> None:
        self._path = path
        self._shown = shown

    @property
    def name(self) -> str:
        """The path as the study writes it."""
        return self._shown

    def present(self) -> None:
        """Raise BadInput when there is no such file, or no *.jsonl in the folder."""
        self._files()

    def fingerprint(self) -> str:
        """sha256 over the files' names and content, in order."""
        digest = hashlib.sha256()
        for path, _ in self._files():
            digest.update(hashlib.sha256(path.name.encode()).digest())
            try:
                with path.open("rb") as file:
                    digest.update(hashlib.file_digest(file, "sha256").digest())
            except OSError as error:
                raise _unreadable(error, str(path)) from error
        return digest.hexdigest()

    def __iter__(self) -> Iterator[Row]:
        """Empty lines are passed over; a byte order mark at the start is too."""
        for path, shown in self._files():
            try:
                with path.open("rb") as file:
                    for number, line in enumerate(file, start=1):
                        line = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
                        if line.strip():
                            yield _row(line, f"{shown}:{number}")
            except OSError as error:
                raise _unreadable(error, str(path)) from error

    def _files(self) -> list[tuple[Path, str]]:
        if self._path.is_dir():
            found = sorted(self._path.glob("*.jsonl"), key=lambda path: path.name)
            if not found:
                raise BadInput("the folder holds no *.jsonl file", place=str(self._path), remedy="put one there")
            return [(path, f"{self._shown}/{path.name}") for path in found]
        if not self._path.is_file():
            raise BadInput(
                "there is no such file or folder",
                place=str(self._path),
                remedy="correct `path`; it is relative to the study file",
            )
        return [(self._path, self._shown)]


def jsonl_rows(settings: JsonlSource, base: Path) -> JsonlRows:
    """The rows of files beside the study."""
    return JsonlRows((base / settings.path).resolve(), settings.path)


def package_rows(settings: PackageSource) -> JsonlRows:
    """The rows of files in an installed package. Raises MissingPart when it is not installed."""
    try:
        found = importlib.util.find_spec(settings.package)
    except (ImportError, ValueError):
        found = None
    if found is None or not found.submodule_search_locations:
        raise MissingPart(
            f"the package '{settings.package}' is not installed",
            place=f"{settings.package}/{settings.path}",
            remedy=f"install it beside Mintza: pip install {settings.package.replace('_', '-')}",
        )
    return JsonlRows(
        Path(next(iter(found.submodule_search_locations))) / settings.path, f"{settings.package}/{settings.path}"
    )


def _row(line: bytes, place: str) -> Row:
    try:
        return Row(place, json.loads(line))
    except (ValueError, RecursionError) as error:
        why = error.msg if isinstance(error, json.JSONDecodeError) else "not UTF-8, or nested too deep"
        return Row(place, None, f"this line is no JSON ({why})")


def _unreadable(error: OSError, place: str) -> BadInput:
    return BadInput(f"it cannot be read: {error.strerror}", place=place, remedy="look at the file's permissions")
