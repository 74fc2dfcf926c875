"""One file a kind of source; `open_source` is the list of them."""

from __future__ import annotations

from pathlib import Path

from mintza.corpus.settings import FolderSource, PackageSource
from mintza.corpus.sources.folder import Folder
from mintza.corpus.sources.package import Package
from mintza.corpus.sources.seam import OpenSource


def open_source(settings: FolderSource | PackageSource, *, base: Path) -> OpenSource:
    """The source that the settings describe; nothing is read yet. base: the folder of the study file."""
    if settings.kind == "folder":
        return Folder(settings, base=base)
    return Package(settings)
