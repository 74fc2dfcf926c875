"""What a translator must not touch, put away behind placeholders and brought back: code, addresses, formulas, numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from mintza.text.comments import comments as comments_of

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
    r"%\([A-Za-z_]\w*\)[#0\- +]*\d*(?:\.\d+)?[sdifgrx]|%(?:\d+\$)?[sdifgrx]\b|%\d+(?:[.,]\d+)*(?!\w)",
    r"\$?\{\{?[A-Za-z_]*[\w.:]*\}\}?",
    r"(?<!\w)[+\-−]?\d+(?:[.,:/]\d+)*",  # without its per cent sign: some languages write it before the number
)
_MASKED = re.compile("|".join(_KINDS))
# Nothing of these without one of the characters.
_HINT = re.compile(r"[%{<@]|//|www\.")
_BETWEEN = re.compile(
    r"%\([A-Za-z_]\w*\)[#0\- +]*\d*(?:\.\d+)?[sdifgrx]|%(?:\d+\$)?[sdifgrx]\b|%\d+(?!\w)"
    r"|\$?\{\{?[^{}\s]{0,80}\}\}?|</?[A-Za-z][^<>]{0,200}>"
    r"|\b(?:https?|ftp)://\S+|\bwww\.\S+|(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"
)
_BREAK = re.compile(r"[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]|```|~~~")
_PLACEHOLDER = re.compile(r"⟦\s*(\d+)\s*⟧")


class Masked(NamedTuple):
    """text: with `⟦0⟧`, `⟦1⟧`, ... in order.  pieces: what stood there.

    chains: of each block of code with comments the numbers of its pieces; between two of them a comment stands open.
    """

    text: str
    pieces: tuple[str, ...]
    chains: tuple[tuple[int, ...], ...] = ()


def mask(text: str, *, comments: bool = False) -> Masked:
    """Put away code blocks, inline code, formulas, URLs, e-mail addresses, `%s` and `{name}` placeholders, and numbers.

    A number keeps the suffix that its language hangs on it: `1936an` becomes `⟦0⟧an`. comments: those in code blocks stay
    in the text, between the marks of what stands around them.
    """
    pieces: list[str] = []
    chains: list[tuple[int, ...]] = []

    def put(piece: str) -> str:
        pieces.append(piece)
        return f"⟦{len(pieces) - 1}⟧"

    def put_away(match: re.Match[str]) -> str:
        whole = match.group()
        spans = comments_of(whole) if comments and whole.startswith(("```", "~~~")) else []
        if not spans:
            return put(whole)
        chain, said, before = [], "", 0
        for start, end in (*spans, (len(whole), len(whole))):
            chain.append(len(pieces))
            said += put(whole[before:start]) + _MASKED.sub(put_away, whole[start:end])
            before = end
        chains.append(tuple(chain))
        return said

    return Masked(_MASKED.sub(put_away, text), tuple(pieces), tuple(chains))


def restore(text: str, pieces: Sequence[str], chains: Sequence[Sequence[int]] = ()) -> str | None:
    """Bring the pieces back, in whatever order their placeholders stand now.

    None when a placeholder is missing, doubled or new, or when a block of code with comments (chains) came apart: its pieces
    in another order, a line break or a fence in a comment. Then the text is no translation of what was masked.
    """
    if sorted(int(number) for number in _PLACEHOLDER.findall(text)) != list(range(len(pieces))):
        return None
    if chains and not _whole(text, chains):
        return None
    return _PLACEHOLDER.sub(lambda match: pieces[int(match.group(1))], text)


def kept(text: str) -> Counter[str]:
    """What a translation must have as often as the original: all that is masked, comments of code aside.

    `%5` counts as 5: where the per cent sign stands is the language's affair.
    """
    return Counter(map(alike, mask(text, comments=True).pieces))


def alike(piece: str) -> str:
    """The same for pieces that stand for each other in two languages."""
    return piece[1:] if piece[:1] == "%" and piece[1:2].isdigit() and "$" not in piece else piece


def _whole(text: str, chains: Sequence[Sequence[int]]) -> bool:
    """Whether the pieces of each chain stand in their order, with no line break between them. Each mark is there once."""
    spans = {int(match.group(1)): match.span() for match in _PLACEHOLDER.finditer(text)}
    links = [(spans[one][1], spans[following][0]) for chain in chains for one, following in pairwise(chain)]
    return all(end <= start and not _BREAK.search(text[end:start]) for end, start in links)


def without_code(text: str) -> str:
    """The text without its fenced blocks of code."""
    return re.sub(CODE_BLOCK, "\n\n", text)


def without_placeholders(text: str) -> str:
    """The text with a space in place of each `%s` and `{name}` placeholder, tag, URL and e-mail address."""
    return _BETWEEN.sub(" ", text) if _HINT.search(text) else text
