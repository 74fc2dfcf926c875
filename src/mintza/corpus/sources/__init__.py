"""One file a kind of source; `open_source` is the list of them."""

from __future__ import annotations

from pathlib import Path

from mintza.corpus.source_settings import (
    FolderSource,
    HubSource,
    LibreOfficeHelpSource,
    PackageSource,
    Source,
    WarcSource,
    WikipediaSource,
)
from mintza.corpus.sources.folder import Folder
from mintza.corpus.sources.hub import Hub
from mintza.corpus.sources.libreoffice_help import LibreOfficeHelp
from mintza.corpus.sources.package import Package
from mintza.corpus.sources.seam import OpenSource
from mintza.corpus.sources.warc import Warc
from mintza.corpus.sources.wikipedia import Wikipedia


def open_source(settings: Source, *, base: Path) -> OpenSource:
    """The source that the settings describe; nothing is read yet. base: the folder of the study file."""
    match settings:
        case FolderSource():
            return Folder(settings, base=base)
        case PackageSource():
            return Package(settings)
        case WarcSource():
            return Warc(settings, base=base)
        case WikipediaSource():
            return Wikipedia(settings, base=base)
        case HubSource():
            return Hub(settings)
        case LibreOfficeHelpSource():
            return LibreOfficeHelp(settings, base=base)
