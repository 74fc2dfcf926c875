"""Where written conversations come from, one kind a file."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from mintza.errors import StudyError
from mintza.instruct.settings import HubSource, JsonlSource, PackageSource, PairsSource, Source
from mintza.instruct.sources.hub import HubRows
from mintza.instruct.sources.jsonl import jsonl_rows, package_rows
from mintza.instruct.sources.pairs import PairRows, ParallelText
from mintza.instruct.sources.rows import Row, Rows, Shape

__all__ = ["ParallelText", "Row", "Rows", "Shape", "open_rows"]


def open_rows(settings: Source, *, base: Path, language: str = "", parallel: ParallelText | None = None) -> Rows:
    """The rows that settings ask for; paths are relative to `base`.

    language, parallel: for conversations made of parallel text. Raises MissingPart for a package that is not here.
    """
    match settings:
        case JsonlSource():
            return jsonl_rows(settings, base)
        case PackageSource():
            return package_rows(settings)
        case HubSource():
            return HubRows(settings)
        case PairsSource():
            if parallel is None:
                raise StudyError("nobody brings its parallel text", place=f"pairs of '{settings.source}'")
            return PairRows(settings, parallel, language)
    assert_never(settings)
