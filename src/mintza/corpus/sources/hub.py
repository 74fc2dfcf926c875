"""Source `hub`, and the adapter of datasets: rows of a dataset of the Hugging Face hub, at a pinned commit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from mintza.contents import Memo
from mintza.corpus.source_settings import HubSource, OnBadInput
from mintza.corpus.sources.files import Found
from mintza.corpus.sources.pieces import Broken, Format, Piece, Row, Unread
from mintza.corpus.sources.plain import key_of
from mintza.corpus.sources.reading import STEP, Reader, Reads, check_libraries
from mintza.corpus.sources.seam import ABSENT
from mintza.corpus.sources.unpacking import DamagedFile
from mintza.errors import BadInput
from mintza.records import Document, Verdict
from mintza.text.verdicts import dropped

Rows = Iterable[Mapping[str, Any]]


def load(settings: HubSource) -> Rows:
    """The rows, one at a time, from this machine's cache or over the network. Raises what the library raises."""
    import datasets

    # The library would otherwise tell its makers what is loaded (a request for each `load_dataset`).
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    rows: Rows = datasets.load_dataset(
        settings.repository, settings.subset, split=settings.hub_split, revision=settings.revision, streaming=True
    )
    return rows


class Hub(Reads):
    """Rows of one split of one dataset. rows: how they are had; tests give their own."""

    def __init__(self, settings: HubSource, *, rows: Callable[[HubSource], Rows] = load) -> None:
        self._settings = settings
        self._rows = rows

    def present(self) -> bool:
        """Whether the library is there: what the hub has is seen only when it is read."""
        try:
            check_libraries(("datasets",), self._settings)
        except BadInput:
            if self._settings.optional:
                return False
            raise
        return True

    def size(self) -> None:
        """Nobody knows before it is read."""

    def fingerprint(self, memo: Memo | None = None) -> str:
        """sha256 of what is read and at which commit: the commit stands for the contents, so that nothing is asked of the hub."""
        if not self.present():
            return ABSENT
        settings = self._settings
        pinned = [settings.repository, settings.revision, settings.subset, settings.hub_split]
        return hashlib.sha256(f"hub dataset\n{json.dumps(pinned)}".encode()).hexdigest()

    def unread(self, on_bad: OnBadInput) -> Iterator[Document | Verdict | Unread]:
        settings = self._settings
        if not self.present():
            yield dropped(settings.name, STEP, "optional source is not there", unit="document")
            return
        try:
            rows = iter(self._rows(settings))
            first = next(rows, None)
        except Exception as error:  # each layer of the library has errors of its own
            if settings.optional:
                yield dropped(
                    settings.name, STEP, "optional source is not there", unit="document", excerpt=_said(error)
                )
                return
            raise self._missing(error) from None
        place = f"{settings.repository}@{settings.revision[:12]}"
        as_rows = Format(lambda _: self._pieces(first, rows))
        yield from Reader(settings, on_bad).pieces(Found(Path(place), settings.hub_split), as_rows)

    def _pieces(self, first: Mapping[str, Any] | None, rest: Iterator[Mapping[str, Any]]) -> Iterator[Piece]:
        number = 0
        row = first
        while row is not None:
            number += 1
            yield _piece(row, number, self._settings)
            try:
                row = next(rest, None)
            except Exception as error:  # as above: the connection may go at any row
                raise DamagedFile("cut short", detail=_said(error), line=number) from None

    def _missing(self, error: Exception) -> BadInput:
        settings = self._settings
        what = f"the dataset {settings.repository} at {settings.revision[:12]}"
        return BadInput(
            f"{what} is not in this machine's cache and cannot be had from the hub ({_said(error)})",
            place=f"corpus source '{settings.name}'",
            remedy="connect this machine to the network (and unset HF_HUB_OFFLINE), check the names of the dataset, its "
            "subset and hub_split, or save it as Parquet elsewhere and read that with `kind: folder`",
        )


def _piece(row: Mapping[str, Any], number: int, settings: HubSource) -> Piece:
    try:
        text = row.get(settings.text_field)
        if not isinstance(text, str):
            raise DamagedFile(f"has no text under '{settings.text_field}'", detail=f"it has {', '.join(row)}"[:200])
        key = key_of(row.get(settings.id_field)) if settings.id_field else ""
    except DamagedFile as damage:
        damage.line = number
        return Broken(str(number), damage)
    return Row(key or str(number), text, number)


def _said(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".split("\n")[0][:200]
