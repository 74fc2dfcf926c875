"""Pages of LibreOffice's help, in a package or in a folder that it was unpacked to, and the paragraphs on them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mintza.corpus.source_settings import ReadingLimits
from mintza.corpus.sources.debian import members
from mintza.corpus.sources.files import find
from mintza.corpus.sources.main_text import decoded
from mintza.corpus.sources.opening import whole_bytes
from mintza.corpus.sources.unpacking import DamagedFile
from mintza.errors import BadInput

LIBRARY = "lxml"
_IN_PACKAGE = re.compile(r"usr/share/libreoffice/help/([^/]+)/text/(.+\.html)")
_ABOVE = ("usr/share/libreoffice/help", "help", ".")
_AREA = "DisplayArea"
_BLOCKS = {"p", "h1", "h2", "h3", "h4", "h5", "h6"}
# What the help's builder leaves where a text that a page quotes is not there: in translations that are some years old, often.
_LOST = re.compile(r"(?:D'oh! You found a bug \(|\[)text/\S+ not found[)\]][.,\s]*")


class Paragraph(NamedTuple):
    """id: the same in every language, empty for one that has none.  text: its words, one space apart."""

    id: str
    text: str


class Place(NamedTuple):
    """Where the pages of a language lie. path: a package (`.deb`), or the folder `text` of a language."""

    path: Path
    code: str


def place_of(folder: Path, code: str) -> Place | None:
    """Where, in a folder, the pages of a language lie; None when they do not. Raises BadInput for two packages of it."""
    packages = sorted(folder.glob(f"libreoffice-help-{code}_*.deb"))
    if len(packages) > 1:
        raise BadInput(
            f"holds {len(packages)} packages of libreoffice-help-{code}",
            place=str(folder),
            remedy=f"leave one of them there: {', '.join(package.name for package in packages)}",
        )
    if packages:
        return Place(packages[0], code)
    for above in _ABOVE:
        if (folder / above).is_dir():
            for entry in sorted((folder / above).iterdir()):
                if entry.name.lower() == code and (entry / "text").is_dir():
                    return Place(entry / "text", code)
    return None


def pages(place: Place, limits: ReadingLimits) -> Iterator[tuple[str, bytes | DamagedFile]]:
    """Name (`swriter/guide/tables.html`) and HTML of each page. Raises DamagedFile for a package that is broken."""
    if place.path.is_dir():
        for file in find(place.path, ".") or ():
            if file.name.endswith(".html"):
                try:
                    yield file.name, whole_bytes(file.path, limits)
                except DamagedFile as damage:
                    yield file.name, damage
        return
    for name, content in members(place.path, limits):
        page = _IN_PACKAGE.fullmatch(name)
        if page and page.group(1).lower() == place.code:
            yield page.group(2), content


def paragraphs(page: bytes) -> list[Paragraph]:
    """Headings and paragraphs of a page, in order, without those that hold no letter, and without what the help's builder says
    of quotations that it did not find. Raises DamagedFile."""
    import lxml.html

    text = decoded(page)
    if not text.strip():
        return []
    # Bytes, since the page says itself that it is UTF-8; comments and scripts hold no text.
    parser = lxml.html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True)
    try:
        root = lxml.html.document_fromstring(text.encode("utf-8"), parser=parser)
    except (lxml.etree.LxmlError, ValueError) as error:
        raise DamagedFile("not HTML that can be parsed", detail=str(error)[:200]) from None
    area = root.find(f".//*[@id='{_AREA}']")
    if area is None:
        return []
    _choose(area)
    found = []
    for element in area.iter(*_BLOCKS):
        words = " ".join(_LOST.sub("", " ".join("".join(element.itertext()).split())).split())
        if any(map(str.isalpha, words)):
            found.append(Paragraph(element.get("id") or "", words))
    return found


def _choose(area: Any) -> None:
    """Of wordings for several systems or applications inside a sentence one stays, the default one; line breaks become spaces."""
    for line_break in area.iter("br"):
        line_break.tail = f" {line_break.tail or ''}"
    for switch in area.xpath(".//span[@class='switchinline']"):
        wordings = [child for child in switch if child.get("hidden")]
        default = [child for child in wordings if (child.get("id") or "").startswith("default")]
        for other in wordings:
            if other is not (default or wordings)[0]:
                other.drop_tree()
