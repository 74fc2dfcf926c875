"""The adapter of mwparserfromhell: the source text of a wiki article becomes plain text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

from mintza.corpus.sources.unpacking import DamagedFile

LIBRARY = "mwparserfromhell"
NOTHING_SHOWN: Mapping[str, int] = MappingProxyType({})
# What these hold is no running text, or none of the article's.
_LEFT_OUT = frozenset({
    "ref", "references", "table", "math", "chem", "gallery", "score", "timeline", "imagemap", "syntaxhighlight", "source",
    "pre", "style", "script", "templatestyles", "noinclude", "graph", "mapframe", "maplink", "hiero", "section",
    "indicator", "inputbox", "categorytree",
})  # fmt: skip
_MEDIA = re.compile(
    r"\.(?:jpe?g|png|gif|svg|tiff?|webp|ogg|oga|ogv|webm|mp3|mp4|wav|flac|mid|pdf|djvu|stl)$", re.IGNORECASE
)
_LANGUAGE_PREFIX = re.compile(r"^[a-z]{2,3}(?:-[a-z-]+)?$")
# `__NOTOC__`, and in languages that write it in words `__ללא_תוכן__`, `__विषयसूची_हटाएँ__`.
_SWITCH = re.compile(r"__[^\s\d_][^\s_]+(?:_[^\s_]+)*__")
# Brackets that templates have left empty: `(; )`.
_EMPTY_BRACKETS = re.compile(r"[ \t]*[(\[][\s,;:/–—-]*[)\]]")
# Brackets, and tags up to their end; `<br>` and the like need no end.
_MARK = re.compile(r"[{}\[\]]|</?(?!(?:br|hr|li|wbr|dt|dd|p|nowiki)\b)[a-zA-Z]+(?:[^<>]*/(?=>))?")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_REFERENCE = re.compile(r"<ref\b[^<>]*/>|<ref\b[^<>]*>[^<>]*(?:<(?!ref\b)[^<>]*>[^<>]*)*?</ref\s*>", re.IGNORECASE)
_TEMPLATE = re.compile(r"\{\{([^{}]*)\}\}")
_PARAMETER = re.compile(r"\{\{\{[^{}]*\}\}\}")
# Bars between the arguments of a template, not those inside a link.
_BAR = re.compile(r"\|(?![^\[\]]*\]\])")
_NAMED = re.compile(r"^\s*[\w -]+=")
_VARIANTS = re.compile(r"-\{([^{}]*)\}-")
_SPACE_TEMPLATES = frozenset({"nbsp", "spaces", "sp", "snd", "spnd", "spaced ndash", "·", "•", "thinsp"})
# Other wikis and sister projects: a bare link to them shows an address, no words.
_SISTERS = frozenset({
    "w", "wikt", "wiktionary", "s", "wikisource", "q", "wikiquote", "b", "wikibooks", "n", "wikinews", "v", "voy",
    "c", "commons", "d", "wikidata", "m", "meta", "species",
})  # fmt: skip
_REDIRECT = re.compile(r"\s*#\s*[^\W\d]+(?:\s+[^\W\d]+)?\s*:?\s*\[\[[^\]\n]+\]\]")
_QUOTES = re.compile(r"'{2,}")
# What stands before or after something that a template has left empty: `(Bilbao; )`.
_HANGING = re.compile(r"[ \t]*[;,]\s*(?=\))|(?<=\()\s*[;,][ \t]*")
_SPACES = re.compile(r"[ \t]{2,}")
# Before a heading, as often as its level; no article holds it, and it is no white space.
_HEADING = "\x02"


def redirects(wikitext: str) -> bool:
    """Whether an article is nothing but a redirect; dumps do not mark those whose goal cannot be."""
    return len(wikitext) < 300 and _REDIRECT.match(wikitext) is not None


def plain_text(
    wikitext: str, *, left_out: Iterable[str], nested: int = 250, shown: Mapping[str, int] = NOTHING_SHOWN
) -> str:
    """The paragraphs, lists and headings of an article, without templates, tables, references, pictures and categories.

    left_out: lower-case names of the namespaces of files and categories.  shown: lower-case name of a template that stands for
    words -> which of its arguments without a name a reader sees. A heading without text under it goes too.
    nested: so many brackets and tags may stay open at a time. Raises DamagedFile where there are more: the parser tries
    each of them again for each that it finds, and 8,000 would take it over a minute.
    """
    import mwparserfromhell

    if _stays_open(wikitext, nested):
        raise DamagedFile("markup nested too deeply", detail=f"over {nested} (limits.nested_tags)")
    plain = _without_the_plain_cases(wikitext.replace(_HEADING, ""), shown)
    parsed = mwparserfromhell.parse(plain, skip_style_tags=True)
    raw = "".join(_texts(parsed, _Kept(frozenset(left_out), shown))).replace("\xa0", " ")
    raw = _VARIANTS.sub(_first_variant, raw)
    raw = _SPACES.sub(" ", _HANGING.sub("", _EMPTY_BRACKETS.sub("", _SWITCH.sub("", raw))))
    blocks = (
        "\n".join(filter(None, (line.strip() for line in block.split("\n")))) for block in re.split(r"\n\s*\n", raw)
    )
    return "\n\n".join(_without_bare_headings([block for block in blocks if block.strip(_HEADING)]))


class _Kept(NamedTuple):
    """What decides on a node: as for plain_text."""

    left_out: frozenset[str]
    shown: Mapping[str, int]


def _words_of(name: str, arguments: Sequence[str], shown: Mapping[str, int]) -> str:
    """What a reader sees of a template, where it is known. arguments: those without a name."""
    called = name.strip().lower().replace("_", " ")
    if called in _SPACE_TEMPLATES:
        return " "
    if called.startswith("formatnum:"):
        return name.partition(":")[2].strip()
    place = 1 if called.startswith("lang-") else shown.get(called, 0)
    return arguments[place - 1].strip() if 0 < place <= len(arguments) else ""


def _replaced(found: re.Match[str], shown: Mapping[str, int]) -> str:
    name, *arguments = _BAR.split(found.group(1))
    return _words_of(name, [one for one in arguments if not _NAMED.match(one)], shown)


def _first_variant(found: re.Match[str]) -> str:
    """Of `-{zh-hans:a; zh-hant:b}-` the first; of `-{a}-`, which keeps a from being converted, a."""
    content = found.group(1).rpartition("|")[2]
    first = content.partition(";")[0]
    variant = re.match(r"\s*[a-z]{2,3}(?:-[a-z]+)*\s*:\s*(.*)", first, re.DOTALL)
    return variant.group(1) if variant else content


def _without_the_plain_cases(wikitext: str, shown: Mapping[str, int]) -> str:
    """The same without comments, references, quotes that make bold, and templates that hold nothing but templates and text.

    The parser would take them out too, but it makes an object of each first, and takes twice as long.
    """
    if "<nowiki" in wikitext:
        return _QUOTES.sub("", wikitext)
    shorter = _REFERENCE.sub("", _COMMENT.sub("", wikitext))
    shorter = _PARAMETER.sub("", shorter)
    count = 1
    while count:
        shorter, count = _TEMPLATE.subn(lambda found: _replaced(found, shown), shorter)
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


def _texts(code: Any, kept: _Kept) -> Iterable[str]:
    for node in code.nodes:
        kind = type(node).__name__
        if kind == "Text":
            yield node.value
        elif kind == "Wikilink":
            yield from _link(node, kept)
        elif kind == "Tag":
            yield from _tag(node, kept)
        elif kind == "Heading":
            title = "".join(_texts(node.title, kept)).strip()
            yield f"\n\n{_HEADING * node.level}{title}\n\n" if title else "\n\n"
        elif kind == "HTMLEntity":
            yield node.normalize()
        elif kind == "ExternalLink" and node.title is not None:
            yield from _texts(node.title, kept)
        elif kind == "Template":
            unnamed = ["".join(_texts(one.value, kept)) for one in node.params if not one.showkey]
            yield _words_of(str(node.name), unnamed, kept.shown)


def _link(node: Any, kept: _Kept) -> Iterable[str]:
    title = str(node.title).strip()
    prefix, colon, _ = title.partition(":")
    if colon and (prefix.strip().lower() in kept.left_out or _LANGUAGE_PREFIX.match(prefix)):
        return
    if _MEDIA.search(title) and not title.startswith(":"):
        return
    if node.text is not None:
        yield from _texts(node.text, kept)
    elif prefix.strip().lower() not in _SISTERS:
        yield title.removeprefix(":").partition("#")[0] or title


def _tag(node: Any, kept: _Kept) -> Iterable[str]:
    name = str(node.tag).strip().lower()
    if name in _LEFT_OUT or (name == "code" and "\n" in str(node.contents)):
        return
    if name == "br":
        yield "\n"
    elif name in {"p", "div", "blockquote", "center"} and node.contents is not None:
        yield "\n\n"
        yield from _texts(node.contents, kept)
        yield "\n\n"
    elif node.contents is not None:
        yield from _texts(node.contents, kept)
