"""Source `warc`, and the adapter of warcio: crawled pages, the main text of each."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from mintza.corpus.source_settings import WarcSource
from mintza.corpus.sources.folder import Folder
from mintza.corpus.sources.main_text import DONE, LIBRARIES, NO_TEXT, decoded, main_text
from mintza.corpus.sources.opening import Joined, chunks, too_large
from mintza.corpus.sources.pieces import Broken, Content, Format, Formats, Passed, Piece, Raw, Row
from mintza.corpus.sources.unpacking import DamagedFile

# Text that the crawler extracted itself (Common Crawl's WET files) stands in records of type `conversion`.
_PAGES = {"response", "resource", "conversion"}
_HTML = {"text/html", "application/xhtml+xml"}
_STATUS_OK = "200"


class Warc(Folder):
    """Pages in WARC files below a path that a person gave."""

    _settings: WarcSource

    def formats(self) -> Formats:
        read = partial(pages, settings=self._settings)
        return {
            suffix: Format(read, (*LIBRARIES, "warcio"), DONE, partial(finish, settings=self._settings))
            for suffix in (".warc", ".wet")
        }


def pages(path: Path, settings: WarcSource) -> Iterator[Piece]:
    """A page each, called by the id of its record; one record is held at a time.

    Raises DamagedFile where the file is cut short or damaged.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed
    from warcio.statusandheaders import StatusAndHeadersParserException

    stream = Joined(chunks(path, settings.limits))
    count = 0
    try:
        for record in ArchiveIterator(stream):
            if record.format != "warc":  # the library takes what it does not know for the older ARC
                raise DamagedFile("damaged", detail=f"no record of WARC after {count} of them")
            count += 1
            piece = _piece(record, count, settings) if record.rec_type in _PAGES else None
            while record.raw_stream.read(1 << 16):
                pass
            if getattr(record.raw_stream, "limit", 0) > 0:
                raise stream.damage or DamagedFile("cut short")
            if piece is not None:
                yield piece
    except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, UnicodeError, ValueError) as error:
        raise stream.damage or DamagedFile("damaged", detail=f"after {count} records: {error}"[:200]) from None
    if stream.damage:
        raise stream.damage
    if not count:
        yield Passed("", "empty")


def _piece(record: Any, number: int, settings: WarcSource) -> Piece:
    headers = record.rec_headers
    key = (headers.get_header("WARC-Record-ID") or str(number)).strip("<>").removeprefix("urn:uuid:")
    url = headers.get_header("WARC-Target-URI")
    about = url or ""
    if record.rec_type == "response" and record.http_headers is None:
        return Passed(key, "no answer of a web server", about)
    if record.rec_type == "response" and record.http_headers.get_statuscode() != _STATUS_OK:
        return Passed(key, "the server did not answer with the page", about)
    http = record.http_headers.get_header("Content-Type") if record.http_headers else None
    kind, _, parameters = (http or headers.get_header("Content-Type") or "").partition(";")
    kind = kind.strip().lower()
    if kind not in _HTML and kind != "text/plain":
        return Passed(key, "not a page of text", about)
    try:
        content = _content(record, settings)
    except DamagedFile as damage:
        damage.detail = f"{damage.detail} {about}".strip()
        return Broken(key, damage)
    return Raw(key, (content, kind, _charset(parameters) or "", about), url=url)


def finish(content: Content, settings: WarcSource) -> Piece:
    """Of a page: its bytes, its kind, the character set that the server named, and its address."""
    page, kind, charset, about = content
    assert isinstance(page, bytes)
    try:
        text = decoded(page, str(charset) or None)
        found = main_text(text, settings.limits) if kind in _HTML else text
    except DamagedFile as damage:
        damage.detail = f"{damage.detail} {about!s}".strip()
        raise
    return Row("", found) if found else Passed("", NO_TEXT, str(about))


def _charset(parameters: str) -> str | None:
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            return value.strip().strip("\"'") or None
    return None


def _content(record: Any, settings: WarcSource) -> bytes:
    """The body of a page, unpacked. Raises DamagedFile when it is larger than a document may be, or cannot be unpacked."""
    body = record.content_stream()
    pieces = []
    size = 0
    while piece := body.read(1 << 16):
        size += len(piece)
        if size > settings.limits.document_bytes:
            raise too_large(settings.limits)
        pieces.append(piece)
    return b"".join(pieces)
