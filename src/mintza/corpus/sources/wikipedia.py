"""Source `wikipedia`: the articles of a MediaWiki dump, as plain text."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote
from xml.parsers import expat

from mintza.corpus.source_settings import WikipediaSource
from mintza.corpus.sources.folder import Folder
from mintza.corpus.sources.opening import chunks, too_large
from mintza.corpus.sources.pieces import Broken, Content, Format, Formats, Passed, Piece, Raw, Row
from mintza.corpus.sources.unpacking import DamagedFile
from mintza.corpus.sources.wikitext import LIBRARY, plain_text, redirects

_FILES_AND_CATEGORIES = {"-2", "6", "14"}
_IN_ENGLISH = {"media", "file", "image", "category"}


class Wikipedia(Folder):
    """Articles in dumps below a path that a person gave."""

    _settings: WikipediaSource

    def formats(self) -> Formats:
        settings = self._settings
        read, last = partial(articles, settings=settings), partial(finish, settings=settings)
        return {".xml": Format(read, (LIBRARY,), "wikitext removed", last)}


def articles(path: Path, settings: WikipediaSource) -> Iterator[Piece]:
    """A document an article, called by the number of its page; one page is held at a time.

    Raises DamagedFile where the file is cut short or is no XML.
    """
    marks = [*map(re.escape, settings.disambiguation)]
    listing = re.compile(rf"__DISAMBIG__|\{{\{{\s*(?:{'|'.join(marks) or '(?!)'})\s*[|}}]", re.IGNORECASE)
    dump = _Dump(settings.limits.document_bytes)
    pages = 0
    for page in dump.pages(chunks(path, settings.limits)):
        pages += 1
        yield _piece(page, dump, listing, settings)
    if not pages:
        yield Passed("", "no page of a wiki in it")


class _Page(NamedTuple):
    """text: None when it was larger than a document may be."""

    number: str
    namespace: str
    title: str
    model: str
    redirect: bool
    text: str | None


def _piece(page: _Page, dump: _Dump, listing: re.Pattern[str], settings: WikipediaSource) -> Piece:
    if page.namespace != "0" or page.model not in {"", "wikitext"}:
        return Passed(page.number, "not an article", page.title)
    if page.redirect or (page.text is not None and redirects(page.text)):
        return Passed(page.number, "a redirect", page.title)
    if page.text is None:
        large = too_large(settings.limits)
        large.detail += f": {page.title}"
        return Broken(page.number, large)
    if listing.search(page.text):
        return Passed(page.number, "a list of meanings", page.title)
    url = dump.address + quote(page.title.replace(" ", "_"), safe="/:,()'!") if dump.address else None
    return Raw(page.number, (page.text, page.title, "\n".join(sorted(dump.left_out))), url=url)


def finish(content: Content, settings: WikipediaSource) -> Piece:
    """Of an article: its source text, its title, and the namespaces that are left out."""
    source, title, left_out = map(str, content)
    try:
        text = plain_text(
            source,
            left_out=left_out.split("\n"),
            nested=settings.limits.nested_tags,
            shown=settings.shown_templates,
        )
    except DamagedFile as damage:
        damage.detail += f": {title}"
        raise
    if sum(map(str.isalpha, text)) < max(1, settings.min_letters):
        return Passed("", "a stub", title)
    return Row("", text)


class _Dump:
    """Reads the XML of a dump. address: what the title of a page is put behind.  left_out: names of the namespaces of files."""

    def __init__(self, most: int) -> None:
        self.address = ""
        self.left_out = set(_IN_ENGLISH)
        self._most = most
        self._open: list[str] = []
        self._values: dict[str, str] = {}
        self._held: list[str] = []
        self._size = 0
        self._key = ""
        self._done: deque[_Page] = deque()

    def pages(self, pieces: Iterator[bytes]) -> Iterator[_Page]:
        """Pages in the order of the dump. Raises DamagedFile."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        parser.EntityDeclHandler = _refuse_entities
        damage: DamagedFile | None = None
        size = 0
        try:
            for piece in pieces:
                size += len(piece)
                parser.Parse(piece, False)
                while self._done:
                    yield self._done.popleft()
            if size:
                parser.Parse(b"", True)
        except expat.ExpatError as error:
            cut = error.code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS] or "unclosed" in str(error)
            damage = DamagedFile("cut short" if cut else "not XML", detail=str(error), line=error.lineno)
        except DamagedFile as error:
            damage = error
        yield from self._done
        if damage is not None:
            raise damage

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        self._held, self._size = [], 0
        if name == "page":
            self._values = {}
        elif name == "namespace":
            self._key = attributes.get("key", "")

    def _text(self, text: str) -> None:
        self._size += len(text)
        if self._size <= self._most:
            self._held.append(text)
        else:
            self._held = []

    def _end(self, name: str) -> None:
        self._open.pop()
        within = self._open[-1] if self._open else ""
        if name == "page":
            self._done.append(self._page())
        elif (within == "page" and name != "revision") or (within == "revision" and name in {"text", "model"}):
            self._values[name] = "".join(self._held)
            if name == "text":
                self._values["large"] = "yes" if self._size > self._most else ""
        elif within == "namespaces" and self._key in _FILES_AND_CATEGORIES:
            self.left_out.add("".join(self._held).strip().lower())
        elif within == "siteinfo" and name == "base":
            self.address = f"{''.join(self._held).rpartition('/')[0]}/"
        self._held, self._size = [], 0

    def _page(self) -> _Page:
        get = self._values.get
        return _Page(
            number=get("id", "").strip() or "?",
            namespace=get("ns", "0").strip(),
            title=get("title", "").strip(),
            model=get("model", "").strip(),
            redirect="redirect" in self._values,
            text=None if get("large") else get("text", ""),
        )


def _refuse_entities(*_: object) -> None:
    """A dump declares no entities; a file that does may be made to grow without end."""
    raise DamagedFile("declares entities, as no dump does")
