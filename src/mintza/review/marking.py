"""Which numbers, links and pieces of code of a turn stand on the other side too."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from mintza.text.masks import alike, kept, mask

_MARK = re.compile(r"⟦(\d+)⟧")
Kind = Literal["text", "same", "odd"]


class Piece(NamedTuple):
    """A stretch of a turn. kind: plain text; what both sides have; what the other side lacks."""

    kind: Kind
    text: str


def marked(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    """Both turns in pieces, which joined are the turns again. Of what stands oftener on one side, its last ones are odd."""
    return _pieces(one, other), _pieces(other, one)


def differ(one: str, other: str) -> bool:
    """Whether anything of it stands on one side alone."""
    return kept(one) != kept(other)


def _pieces(text: str, other: str) -> list[Piece]:
    masked = mask(text, comments=True)
    there = kept(other)
    found: list[Piece] = []
    for index, part in enumerate(_MARK.split(masked.text)):
        if index % 2 == 0:
            found += [Piece("text", part)] if part else []
            continue
        piece = masked.pieces[int(part)]
        there[alike(piece)] -= 1
        found.append(Piece("same" if there[alike(piece)] >= 0 else "odd", piece))
    return found
