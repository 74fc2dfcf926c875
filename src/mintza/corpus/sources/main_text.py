"""The adapter of trafilatura: a page of HTML becomes its main text."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

from mintza.corpus.source_settings import ReadingLimits, SourceSettings
from mintza.corpus.sources.opening import BOM, whole_bytes
from mintza.corpus.sources.pieces import Content, Passed, Piece, Raw, Row
from mintza.corpus.sources.unpacking import DamagedFile

LIBRARIES = ("trafilatura", "lxml", "justext")
DONE = "main text extracted"
NO_TEXT = "no main text"
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]{1,40})""", re.IGNORECASE)
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]*)")
# Elements that stand alone, or that the next of their kind closes: left open, they nest nothing.
_NOT_NESTING = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr",
    "p", "li", "dt", "dd", "tr", "td", "th", "thead", "tbody", "tfoot", "option", "optgroup", "colgroup", "rp", "rt",
    "html", "head", "body",
})  # fmt: skip
# Spaces without width, joiners and marks of direction, which Khmer, Persian, Sinhala and others write words with. trafilatura
# takes what is not printable out of a text, so symbols that no page holds stand for them meanwhile.
_INVISIBLE = "\u200b\u2060\u200c\u200d\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_STAND_INS = "".join(chr(0x1D300 + number) for number in range(len(_INVISIBLE)))
_HIDE = str.maketrans(_INVISIBLE, _STAND_INS)
_SHOW = str.maketrans(_STAND_INS, _INVISIBLE)
_WRITTEN_OUT = re.compile(r"&(ZeroWidthSpace|NoBreak|zwnj|zwj|lrm|rlm|#x[0-9a-fA-F]{3,4}|#[0-9]{4});")
# A span with words right before or after it: trafilatura would take it for a menu by its class alone, in the middle of a sentence.
_IN_A_SENTENCE = re.compile(r"([^\s>]\s*)<span\b[^<>]*>|<span\b[^<>]*>(?=[^<>]*</span>\s*[^\s<])", re.IGNORECASE)
# Between the head of a table and its rows: a sign of Markdown, and nobody's text.
_RULED = re.compile(r"[|\s:-]*\|[|\s:-]*")
# What the web means when it says these names (WHATWG, Encoding Standard).
_ALIASES = {"iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252", "ascii": "cp1252", "us-ascii": "cp1252"}


def page(path: Path, settings: SourceSettings) -> Iterator[Piece]:
    """A file of HTML, whose main text `finish` takes out."""
    yield Raw("", (whole_bytes(path, settings.limits),))


def finish(content: Content, settings: SourceSettings) -> Piece:
    """Of the bytes of a page."""
    (page_,) = content
    assert isinstance(page_, bytes)
    found = main_text(decoded(page_), settings.limits)
    return Row("", found) if found else Passed("", NO_TEXT)


def main_text(html: str, limits: ReadingLimits) -> str:
    """Paragraphs, lists and tables of a page without its menus, one paragraph apart; empty when it has none.

    Raises DamagedFile for elements nested too deeply: below 255 the parser would leave out the rest without a word.
    """
    import trafilatura

    if _nests_deeper(html, limits.nested_tags):
        detail = f"over {limits.nested_tags} elements inside each other (limits.nested_tags)"
        raise DamagedFile("tags nested too deeply", detail=detail)
    try:
        hidden = _WRITTEN_OUT.sub(_invisible, _IN_A_SENTENCE.sub(r"\1<span>", html)).translate(_HIDE)
        found = trafilatura.extract(hidden, include_comments=False, with_metadata=False)
    except (RecursionError, ValueError) as error:
        raise DamagedFile("not HTML that can be parsed", detail=str(error)[:200]) from None
    lines = (found or "").translate(_SHOW).split("\n")
    return "\n\n".join(line for line in lines if line.strip() and not _RULED.fullmatch(line))


def _invisible(written: re.Match[str]) -> str:
    """The character that an entity writes out, if it is one of the invisible ones; else the entity."""
    character = unescape(written.group())
    return character if character in _INVISIBLE else written.group()


def decoded(data: bytes, declared: str | None = None) -> str:
    """The characters of a page: UTF-8 where it is UTF-8, else as it was declared by the server or by the page itself.

    Raises DamagedFile when it is neither: a character set is not guessed.
    """
    if b"\0" in data[:4096]:
        raise DamagedFile("binary, not text")
    try:
        return data.removeprefix(BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        found = _CHARSET.search(data[:4096])
        name = (declared or (found.group(1).decode("ascii") if found else "")).lower()
        if name in {"", "utf-8", "utf8"}:
            detail = f"byte 0x{data[error.start]:02x}, no other character set named"
            remedy = 'write into the page which it is (`<meta charset="windows-1252">`)'
            raise DamagedFile("not UTF-8", detail=detail, remedy=remedy) from None
    try:
        return data.decode(codecs.lookup(_ALIASES.get(name, name)).name)
    except (LookupError, UnicodeDecodeError, ValueError):
        raise DamagedFile("not in the character set that it names", detail=name[:40]) from None


def _nests_deeper(html: str, most: int) -> bool:
    """Whether more elements are open inside each other than `most`, by counting tags."""
    depth = 0
    for tag in _TAG.finditer(html):
        name = tag.group(2).lower()
        if name in _NOT_NESTING:
            continue
        depth = max(0, depth - 1) if tag.group(1) else depth + 1
        if depth > most:
            return True
    return False
