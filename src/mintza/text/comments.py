"""Comments in a fenced block of code: the only words in it that a translator may touch."""

from __future__ import annotations

import re

_MARKS = {
    name: mark
    for mark, names in {
        "#": "python py python3 bash sh shell zsh console ruby rb r yaml yml toml perl pl makefile make dockerfile julia jl "
        "elixir nim powershell ini awk",
        "//": "c h cpp c++ cc java javascript js jsx typescript ts tsx go rust rs kotlin kt swift csharp cs c# scala dart php "
        "groovy zig jsonc proto",
        "--": "sql mysql postgresql sqlite plsql lua haskell hs ada elm vhdl",
        "%": "latex tex matlab octave erlang prolog",
        ";": "lisp clojure scheme elisp asm",
    }.items()
    for name in names.split()
}
_FENCE = re.compile(r"(?:`{3,}|~{3,})[ \t]*([\w+#-]*)")
# What tools read is no comment: `#!`, encodings, directives for linters and compilers.
_FOR_TOOLS = re.compile(
    r"!|-\*-|noqa|type:|pylint|eslint|@ts-|ts-|prettier|nolint|region|endregion|\+build|go:|pragma|fmt:|isort|vim:|<|/"
)
_WORDS = re.compile(r"[^\W\d_]{2,}.*[^\W\d_]{2,}|[^\W\d_]{4,}")


def comments(block: str) -> list[tuple[int, int]]:
    """Where the words of its comments to the end of a line stand in a fenced block, without the marks before them.

    A comment stands alone on its line, or after white space with no open quotation before it. Of a block that does not say what
    it is written in, `#` and `//` alone on their lines count. Comments without words, and what tools read, are left out.
    """
    head = _FENCE.match(block)
    said = head.group(1).lower() if head else ""
    mark = _MARKS.get(said)
    if mark is None and said:
        return []
    alone = rf"(?m)^[ \t]*(?:{re.escape(mark) if mark else '#|//'})(?P<words>[^\n]*)"
    found = [match.span("words") for match in re.finditer(alone, block)]
    if mark is not None:
        behind = rf"(?m)^(?P<code>[^\n]*?\S[^\n]*?[ \t]){re.escape(mark)}(?P<words>[ \t][^\n]*)"
        found += [
            match.span("words")
            for match in re.finditer(behind, block)
            if not _quoted(match["code"]) and not match["code"].lstrip().startswith(mark)
        ]
    return sorted(span for raw in found if (span := _trimmed(block, raw, mark or "#/")) is not None)


def _quoted(code: str) -> bool:
    return any(code.count(quote) % 2 for quote in "\"'`")


def _trimmed(block: str, span: tuple[int, int], mark: str) -> tuple[int, int] | None:
    """The span without white space, repeated marks and a closing fence; None where no words are left, or a tool reads them."""
    text = block[slice(*span)]
    words = text.lstrip(" \t" + mark)
    start = span[1] - len(words)
    words = re.sub(r"[ \t]*(?:`{3,}|~{3,})?[ \t]*\Z", "", words)
    if _FOR_TOOLS.match(words) or text.startswith("!") or not _WORDS.search(words):
        return None
    return start, start + len(words)
