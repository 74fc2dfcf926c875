"""What a translator must not touch, put away behind placeholders and brought back: code, addresses, formulas, numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

CODE_BLOCK = r"```[\s\S]*?(?:```|\Z)|~~~[\s\S]*?(?:~~~|\Z)"
"""Pattern of a fenced block; one that is never closed reaches to the end."""

_KINDS = (
    r"⟦\s*\d+\s*⟧",  # what already looks like a placeholder: else it could not be told from ours
    CODE_BLOCK,
    r"`[^`\n]+`",
    r"\$\$[^$]+\$\$|\\\[[\s\S]*?\\\]|\\\([\s\S]*?\\\)",
    r"\$(?=[^\s$])[^$\n]*[\\^_{}=][^$\n]*(?<=\S)\$(?!\d)",  # a formula has one of these; two prices on a line do not
    r"\b(?:https?|ftp)://[^\s<>⟦⟧\"]*[^\s<>⟦⟧\".,;:!?)\]}'’”»]|\bwww\.[\w-]+(?:\.[\w-]+)+(?:/[^\s<>⟦⟧]*[\w/])?",
    r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+",
    r"%\([A-Za-z_]\w*\)[#0\- +]*\d*(?:\.\d+)?[sdifgrx]|%(?:\d+\$)?[sdifgrx]\b|%\d+(?!\w)",
    r"\$?\{\{?[A-Za-z_]*[\w.:]*\}\}?",
    r"(?<!\w)[+\-−]?\d+(?:[.,:/]\d+)*(?:\s?%(?![\w(]))?",
)
_MASKED = re.compile("|".join(_KINDS))
# Nothing of these without one of the characters.
_HINT = re.compile(r"[%{<@]|//|www\.")
_BETWEEN = re.compile(
    r"%\([A-Za-z_]\w*\)[#0\- +]*\d*(?:\.\d+)?[sdifgrx]|%(?:\d+\$)?[sdifgrx]\b|%\d+(?!\w)"
    r"|\$?\{\{?[^{}\s]{0,80}\}\}?|</?[A-Za-z][^<>]{0,200}>"
    r"|\b(?:https?|ftp)://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
)
_PLACEHOLDER = re.compile(r"⟦\s*(\d+)\s*⟧")


class Masked(NamedTuple):
    """text: with `⟦0⟧`, `⟦1⟧`, ... in order.  pieces: what stood there."""

    text: str
    pieces: tuple[str, ...]


def mask(text: str) -> Masked:
    """Put away code blocks, inline code, formulas, URLs, e-mail addresses, `%s` and `{name}` placeholders, and numbers.

    A number keeps the suffix that its language hangs on it: `1936an` becomes `⟦0⟧an`.
    """
    pieces: list[str] = []

    def put_away(match: re.Match[str]) -> str:
        pieces.append(match.group())
        return f"⟦{len(pieces) - 1}⟧"

    return Masked(_MASKED.sub(put_away, text), tuple(pieces))


def restore(text: str, pieces: Sequence[str]) -> str | None:
    """Bring the pieces back, in whatever order their placeholders stand now.

    None when a placeholder is missing, doubled or new: then the text is no translation of what was masked.
    """
    if sorted(int(number) for number in _PLACEHOLDER.findall(text)) != list(range(len(pieces))):
        return None
    return _PLACEHOLDER.sub(lambda match: pieces[int(match.group(1))], text)


def without_code(text: str) -> str:
    """The text without its fenced blocks of code."""
    return re.sub(CODE_BLOCK, "\n\n", text)


def without_placeholders(text: str) -> str:
    """The text with a space in place of each `%s` and `{name}` placeholder, tag, URL and e-mail address."""
    return _BETWEEN.sub(" ", text) if _HINT.search(text) else text
