"""Source `folder`: a file, a folder or a glob on this machine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from mintza.corpus.settings import FolderSource, OnBadInput
from mintza.corpus.sources.files import Found, find
from mintza.corpus.sources.reading import Reader, content_of
from mintza.errors import BadInput
from mintza.records import Document, Verdict


class Folder:
    """Files below a path that a person gave."""

    def __init__(self, settings: FolderSource, *, base: Path) -> None:
        self._settings = settings
        self._base = base

    def present(self) -> bool:
        return self._found() is not None

    def fingerprint(self) -> str:
        return content_of(self._found(), self._settings)

    def documents(self, on_bad: OnBadInput) -> Iterator[Document | Verdict]:
        return Reader(self._settings, on_bad).documents(self._found())

    def _found(self) -> list[Found] | None:
        found = find(self._base, self._settings.path)
        if found is None and not self._settings.optional:
            raise BadInput(
                f"there is no {self._base / self._settings.path}",
                place=f"corpus source '{self._settings.name}'",
                remedy="correct its path (it is taken from the study's folder), or set optional: true",
            )
        return found
