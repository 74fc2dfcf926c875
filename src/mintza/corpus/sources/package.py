"""Source `package`: the data folder of an installed Python package, which is found and not imported."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from mintza.corpus.source_settings import PackageSource
from mintza.corpus.sources.files import Found, find
from mintza.corpus.sources.reading import OfFiles
from mintza.errors import BadInput


class Package(OfFiles):
    """Files inside an installed package."""

    def __init__(self, settings: PackageSource) -> None:
        self._settings: PackageSource = settings

    def found(self) -> list[Found] | None:
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
