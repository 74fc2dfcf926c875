"""Take-down: requests in a file beside the study, and documents that leave with all that is near them, unquoted."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar

import msgspec

from mintza.errors import BadInput, StoreError
from mintza.records import Document, Verdict
from mintza.records.base import Record
from mintza.text.verdicts import KEPT_INSTEAD

STEP = "forgotten"
ITSELF = "taken down at somebody's request"
ALIKE = "near copy of what was taken down"
R = TypeVar("R")
_GLOB = frozenset("*?[")


class Request(Record, frozen=True, kw_only=True):
    """Somebody asked that documents leave the corpus.

    what: an id, an address, or a pattern of either (`*`, `?`, `[abc]`).  reason: in words.  on: day, ISO 8601, UTC.
    """

    what: str
    reason: str
    on: str

    def means(self, document_id: str, url: str | None = None) -> bool:
        """Whether a document of this id, or at this address, is asked for; a pattern holds for the whole of either."""
        names = [name for name in (document_id, url) if name]
        if self.what in names:
            return True
        return bool(_GLOB & set(self.what)) and any(fnmatchcase(name, self.what) for name in names)


def requests_file(study: Path) -> Path:
    """Where the requests on a study lie: `demo.forgotten.jsonl` beside `demo.yaml`."""
    return study.with_name(f"{study.stem}.forgotten.jsonl")


def read_requests(path: Path) -> tuple[Request, ...]:
    """The requests, the oldest first; none where there is no file. Raises BadInput for a line that is no request."""
    found = []
    for number, line in enumerate(_content(path).split(b"\n"), 1):
        if line.strip():
            try:
                found.append(msgspec.json.decode(line, type=Request))
            except msgspec.DecodeError as error:
                raise BadInput(
                    f"not a request: {error}",
                    place=f"{path}:{number}",
                    remedy='mend the line: {"what": ID or PATTERN, "reason": TEXT, "on": DAY}; do not remove it',
                ) from None
    return tuple(found)


def add_request(path: Path, request: Request) -> None:
    """Put a request at the end of the file; nothing that stands there is changed. Raises StoreError where it cannot."""
    before = _content(path)
    try:
        with path.open("ab") as file:
            file.write((b"" if not before or before.endswith(b"\n") else b"\n") + msgspec.json.encode(request) + b"\n")
    except OSError as error:
        raise StoreError(
            f"the request cannot be written down ({error.strerror})", place=str(path), remedy="make the folder writable"
        ) from None


def fingerprint(path: Path) -> dict[str, str]:
    """`:forgotten` -> sha256 of the file of requests, empty where there is none: part of the corpus's key.

    Raises BadInput as `read_requests` does.
    """
    read_requests(path)
    content = _content(path)
    return {":forgotten": hashlib.sha256(content).hexdigest()} if content else {}


class Forgotten:
    """The documents that requests mean: set aside when they are read, compared with the others, and gone with what is near.

    They pass no filter and count in no limit, since those who must find their copies are the steps that compare.
    """

    def __init__(self, requests: Sequence[Request]) -> None:
        self._exact = {request.what for request in requests}
        self._patterns = [request for request in requests if _GLOB & set(request.what)]
        self.aside: dict[str, Document] = {}

    def set_aside(self, records: Iterable[R]) -> Iterator[R]:
        """What goes on; documents that a request means are kept apart."""
        for record in records:
            if isinstance(record, Document) and self.means(record.id, record.provenance.url):
                self.aside[record.id] = record
            else:
                yield record

    def means(self, document_id: str, url: str | None) -> bool:
        """Whether a document of this id, or at this address, is asked for."""
        if document_id in self._exact or (url is not None and url in self._exact):
            return True
        return any(request.means(document_id, url) for request in self._patterns)


def kept_instead(verdict: Verdict) -> str | None:
    """Id of the document that was kept in place of a copy; None for other verdicts, or where it was cut."""
    if not verdict.excerpt.startswith(KEPT_INSTEAD):
        return None
    name, bar, _ = verdict.excerpt.removeprefix(KEPT_INSTEAD).partition(" | ")
    return name if bar else None


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise BadInput(
            f"cannot be read ({error.strerror})",
            place=str(path),
            remedy="mend its permissions: it says what must leave",
        ) from None
