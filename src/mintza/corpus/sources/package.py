"""Source `package`: the data folder of an installed Python package, which is found and not imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from mintza.corpus.settings import OnBadInput, PackageSource
from mintza.corpus.sources.files import Found, find
from mintza.corpus.sources.reading import Reader, content_of
from mintza.errors import BadInput
from mintza.records import Document, Verdict


class Package:
    """Files inside an installed package."""

    def __init__(self, settings: PackageSource) -> None:
        self._settings = settings

    def present(self) -> bool:
        return self._found() is not None

    def fingerprint(self) -> str:
        return content_of(self._found(), self._settings)

    def documents(self, on_bad: OnBadInput) -> Iterator[Document | Verdict]:
        return Reader(self._settings, on_bad).documents(self._found())

    def _found(self) -> list[Found] | None:
        name = self._settings.package
        folders = _folders(name)
        for folder in folders:
            found = find(folder, self._settings.path)
            if found is not None:
                return found
        if self._settings.optional:
            return None
        place = f"corpus source '{self._settings.name}'"
        if not folders:
            remedy = f"install what brings the package {name}, or set optional: true"
            raise BadInput(f"the package {name} is not installed", place=place, remedy=remedy)
        remedy = "correct its path (it is taken from the package's folder), or set optional: true"
        raise BadInput(f"the package {name} has no {self._settings.path}", place=place, remedy=remedy)


def _folders(package: str) -> list[Path]:
    """Where the package lies; empty when it is not installed, or is a single module without a folder."""
    try:
        spec = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return []
    return [Path(location) for location in (spec.submodule_search_locations or ())] if spec else []
