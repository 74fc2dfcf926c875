"""The adapter of mwparserfromhell: the source text of a wiki article becomes plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mintza.corpus.sources.unpacking import DamagedFile

LIBRARY = "mwparserfromhell"
# What these hold is no running text, or none of the article's.
_LEFT_OUT = frozenset({
    "ref", "references", "table", "math", "chem", "gallery", "score", "timeline", "imagemap", "syntaxhighlight", "source",
    "code", "pre", "style", "script", "templatestyles", "noinclude", "graph", "mapframe", "maplink", "hiero", "section",
    "indicator", "inputbox", "categorytree",
})  # fmt: skip
_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|svg|tiff?|webp|ogg|oga|ogv|webm|mp3|mp4|wav|flac|mid|pdf|djvu|stl)$", re.IGNORECASE
)
_LANGUAGE_PREFIX = re.compile(r"^[a-z]{2,3}(?:-[a-z-]+)?$")
_SWITCH = re.compile(r"__[^\W\d_]{3,}__")
# Brackets that templates have left empty: `(; )`.
_EMPTY_BRACKETS = re.compile(r"[ \t]*[(\[][\s,;:/–—-]*[)\]]")
# Brackets, and tags up to their end; `<br>` and the like need no end.
_MARK = re.compile(r"[{}\[\]]|</?(?!(?:br|hr|li|wbr|dt|dd|p|nowiki)\b)[a-zA-Z]+(?:[^<>]*/(?=>))?")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r"<ref\b[^<>]*/>|<ref\b[^<>]*>[^<>]*(?:<(?!ref\b)[^<>]*>[^<>]*)*?</ref\s*>", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{[^{}]*\}\}")
_QUOTES = re.compile(r"'{2,}")
_SPACES = re.compile(r"[ \t]{2,}")
# Before a heading, as often as its level; no article holds it, and it is no white space.
_HEADING = "\x02"


def plain_text(wikitext: str, *, left_out: Iterable[str], nested: int = 250) -> str:
    """The paragraphs, lists and headings of an article, without templates, tables, references, pictures and categories.

    left_out: lower-case names of the namespaces of files and categories. A heading without text under it goes too.
    nested: so many brackets and tags may stay open at a time. Raises DamagedFile where there are more: the parser tries
    each of them again for each that it finds, and 8,000 would take it over a minute.
    """
    import mwparserfromhell

    if _stays_open(wikitext, nested):
        raise DamagedFile("markup nested too deeply", detail=f"over {nested} (limits.nested_tags)")
    parsed = mwparserfromhell.parse(_without_the_plain_cases(wikitext.replace(_HEADING, "")), skip_style_tags=True)
    raw = "".join(_texts(parsed, frozenset(left_out))).replace("\xa0", " ")
    raw = _SPACES.sub(" ", _EMPTY_BRACKETS.sub("", _SWITCH.sub("", raw)))
    blocks = (
        "\n".join(filter(None, (line.strip() for line in block.split("\n")))) for block in re.split(r"\n\s*\n", raw)
    )
    return "\n\n".join(_without_bare_headings([block for block in blocks if block.strip(_HEADING)]))


def _without_the_plain_cases(wikitext: str) -> str:
    """The same without comments, references, quotes that make bold, and templates that hold nothing but templates and text.

    The parser would take them out too, but it makes an object of each first, and takes twice as long.
    """
    if "<nowiki" in wikitext:
        return _QUOTES.sub("", wikitext)
    shorter = _REFERENCE.sub("", _COMMENT.sub("", wikitext))
    count = 1
    while count:
        shorter, count = _TEMPLATE.subn("", shorter)
    return _QUOTES.sub("", shorter)


def _stays_open(wikitext: str, most: int) -> bool:
    """Whether more pairs of brackets, or more tags, are open at a time than `most`."""
    brackets = tags = 0
    for mark in _MARK.finditer(wikitext):
        found = mark.group()
        if found in "{[":
            brackets += 1
        elif found in "}]":
            brackets = max(0, brackets - 1)
        elif not found.endswith("/"):
            tags = max(0, tags - 1) if found.startswith("</") else tags + 1
        if brackets > 2 * most or tags > most:
            return True
    return False


def _without_bare_headings(blocks: list[str]) -> list[str]:
    """Headings that text follows, before a heading of the same or a higher level; without their marks."""
    kept: list[str] = []
    after = 0  # 7 for text, else the level of the heading that comes next; only a higher heading may stand over it
    for block in reversed(blocks):
        level = len(block) - len(block.lstrip(_HEADING))
        if level >= max(after, 1):
            continue
        after = level or 7
        kept.append(block.strip(_HEADING))
    return kept[::-1]


def _texts(code: Any, left_out: frozenset[str]) -> Iterable[str]:
    for node in code.nodes:
        kind = type(node).__name__
        if kind == "Text":
            yield node.value
        elif kind == "Wikilink":
            yield from _link(node, left_out)
        elif kind == "Tag":
            yield from _tag(node, left_out)
        elif kind == "Heading":
            title = "".join(_texts(node.title, left_out)).strip()
            yield f"\n\n{_HEADING * node.level}{title}\n\n" if title else "\n\n"
        elif kind == "HTMLEntity":
            yield node.normalize()
        elif kind == "ExternalLink" and node.title is not None:
            yield from _texts(node.title, left_out)


def _link(node: Any, left_out: frozenset[str]) -> Iterable[str]:
    title = str(node.title).strip()
    prefix, colon, _ = title.partition(":")
    if colon and (prefix.strip().lower() in left_out or _LANGUAGE_PREFIX.match(prefix)):
        return
    if _MEDIA.search(title) and not title.startswith(":"):
        return
    if node.text is not None:
        yield from _texts(node.text, left_out)
    else:
        yield title.removeprefix(":").partition("#")[0] or title


def _tag(node: Any, left_out: frozenset[str]) -> Iterable[str]:
    name = str(node.tag).strip().lower()
    if name in _LEFT_OUT:
        return
    if name == "br":
        yield "\n"
    elif name in {"p", "div", "blockquote", "center"} and node.contents is not None:
        yield "\n\n"
        yield from _texts(node.contents, left_out)
        yield "\n\n"
    elif node.contents is not None:
        yield from _texts(node.contents, left_out)
