"""Source `libreoffice-help`: the help of LibreOffice in one of its languages, and what of it is translated from English."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

from mintza.contents import Memo
from mintza.corpus.source_settings import LibreOfficeHelpSource, OnBadInput
from mintza.corpus.sources.debian import apt_download
from mintza.corpus.sources.files import Found, find
from mintza.corpus.sources.libreoffice_pages import LIBRARY, Paragraph, Place, pages, paragraphs, place_of
from mintza.corpus.sources.pieces import Broken, Format, Passed, Piece, Row, Unread
from mintza.corpus.sources.reading import STEP, Reader, Reads, check_libraries, content_of, size_of
from mintza.corpus.sources.seam import ABSENT
from mintza.corpus.sources.unpacking import DamagedFile
from mintza.errors import BadInput
from mintza.records import Document, ParallelSegment, Provenance, Verdict
from mintza.text.verdicts import dropped

ENGLISH = "en-us"
ENGLISH_CODE = "eng_Latn"
Fetch = Callable[[str, Path], None]
# Page -> id -> words, in English.
_English = dict[str, dict[str, str]]


class LibreOfficeHelp(Reads):
    """Help pages in a language. fetch: brings a package into a folder; tests give their own."""

    def __init__(self, settings: LibreOfficeHelpSource, *, base: Path, fetch: Fetch = apt_download) -> None:
        self._settings = settings
        self._folder = base / settings.path
        self._fetch = fetch

    def present(self) -> bool:
        check_libraries((LIBRARY,), self._settings)
        there = place_of(self._folder, self._settings.code) is not None
        if not there and not self._settings.optional and not self._settings.download:
            raise self._missing()
        return there or self._settings.download

    def size(self) -> int:
        """Of the package, or of what was unpacked from it."""
        places = self._places() or []
        return sum(size_of(file.path) for place in places[:1] for file in _files(place))

    def fingerprint(self, memo: Memo | None = None) -> str:
        """sha256 over the packages, or the pages that were unpacked from them; what is missing is fetched first if it may be."""
        places = self._places()
        if places is None:
            return ABSENT
        whole = hashlib.sha256(b"libreoffice help\n")
        for place in places:
            whole.update(f"{place.code}\t{self._content(place, memo)}\n".encode())
        return whole.hexdigest()

    def unread(self, on_bad: OnBadInput) -> Iterator[Document | Verdict | Unread]:
        """A document a page, called by its name; with English beside it, paragraphs that are still in it leave verdicts."""
        places = self._places()
        if places is None:
            yield dropped(self._settings.name, STEP, "optional source is not there", unit="document")
            return
        own, *english = places
        read = Format(lambda _: self._pieces(own, english[0] if english else None))
        yield from Reader(self._settings, on_bad).pieces(Found(own.path, ""), read)

    def pairs(self) -> Iterator[ParallelSegment]:
        """Paragraphs that stand under the same id on the same page in English and in this language, and differ; each pair once.

        Ids that stand twice on a page are left out. Raises BadInput when either language is not there, DamagedFile for a
        package or a page that is broken.
        """
        places = self._places()
        if places is None or len(places) != 2:
            raise self._missing(ENGLISH if places else None)
        provenance = Provenance(
            source=self._settings.name, license=self._settings.license, url=self._settings.url, steps=()
        )
        english = self._english(places[1])
        given: set[bytes] = set()
        for name, found in _parsed(places[0], self._settings):
            if isinstance(found, DamagedFile):
                raise found
            for paragraph_id, text in _once(found).items():
                source = english.get(name, {}).get(paragraph_id)
                if source is None or source == text:
                    continue
                digest = hashlib.sha256(f"{source}\0{text}".encode()).digest()[:16]
                if digest not in given:
                    given.add(digest)
                    yield ParallelSegment(
                        id=f"{self._settings.name}/{name}#{paragraph_id}",
                        source_language=ENGLISH_CODE,
                        target_language=self._settings.language,
                        source=source,
                        target=text,
                        provenance=provenance,
                    )

    def _places(self) -> list[Place] | None:
        """Where this language lies and, when it is there, English; None for an optional source that is not there."""
        codes = list(dict.fromkeys((self._settings.code, ENGLISH)))
        if self._settings.download:
            for code in codes:
                if place_of(self._folder, code) is None:
                    self._fetch(f"libreoffice-help-{code}", self._folder)
        places = [place_of(self._folder, code) for code in codes]
        if places[0] is None:
            if self._settings.optional:
                return None
            raise self._missing()
        return [place for place in places if place is not None]

    def _content(self, place: Place, memo: Memo | None) -> str:
        nothing = Format(lambda _: iter(()), (LIBRARY,))
        return content_of(_files(place), self._settings, {".html": nothing, ".deb": nothing}, memo)

    def _english(self, place: Place) -> _English:
        parsed = _parsed(place, self._settings)
        return {name: _once(found) for name, found in parsed if not isinstance(found, DamagedFile)}

    def _pieces(self, own: Place, english: Place | None) -> Iterator[Piece]:
        known = self._english(english) if english else {}
        for name, found in _parsed(own, self._settings):
            if isinstance(found, DamagedFile):
                yield Broken(name, found)
                continue
            kept = []
            for number, (paragraph_id, text) in enumerate(found, 1):
                if known.get(name, {}).get(paragraph_id) == text:
                    yield Passed(f"{name}#{number}", "still in English", text, "paragraph")
                else:
                    kept.append(text)
            yield Row(name, "\n\n".join(kept))

    def _missing(self, code: str | None = None) -> BadInput:
        package = f"libreoffice-help-{code or self._settings.code}"
        return BadInput(
            f"{package} is not in {self._folder}",
            place=f"corpus source '{self._settings.name}'",
            remedy=f"in that folder run `apt-get download {package}` (without root; it need not be unpacked), or set download: true",
        )


def _parsed(place: Place, settings: LibreOfficeHelpSource) -> Iterator[tuple[str, list[Paragraph] | DamagedFile]]:
    for name, page in pages(place, settings.limits):
        try:
            if isinstance(page, DamagedFile):
                raise page
            yield name, paragraphs(page)
        except DamagedFile as damage:
            yield name, damage


def _files(place: Place) -> list[Found]:
    """The package, or all files that were unpacked from it."""
    return find(place.path, ".") or [] if place.path.is_dir() else [Found(place.path, "package.deb")]


def _once(found: list[Paragraph]) -> dict[str, str]:
    """Words by id, of the ids that stand once on the page."""
    counts = Counter(paragraph.id for paragraph in found)
    return {paragraph.id: paragraph.text for paragraph in found if paragraph.id and counts[paragraph.id] == 1}
