"""Source `folder`: a file, a folder or a glob on this machine."""

from __future__ import annotations

from pathlib import Path

from mintza.corpus.source_settings import PathSource
from mintza.corpus.sources.files import Found, find
from mintza.corpus.sources.reading import OfFiles
from mintza.errors import BadInput


class Folder(OfFiles):
    """Files below a path that a person gave."""

    def __init__(self, settings: PathSource, *, base: Path) -> None:
        self._settings: PathSource = settings
        self._base = base

    def found(self) -> list[Found] | None:
        found = find(self._base, self._settings.path)
        if found is None and not self._settings.optional:
            raise BadInput(
                f"there is no {self._base / self._settings.path}",
                place=f"corpus source '{self._settings.name}'",
                remedy="put your texts there, correct its path (it is taken from the study's folder), or set optional: true",
            )
        return found
