"""Long conversations in parts: cut between turns and paragraphs, never inside code, and joined again as they were."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mintza.records import Conversation, Message
from mintza.text.masks import CODE_BLOCK

_GAP = re.compile(rf"(?:{CODE_BLOCK})|(?P<gap>\n[^\S\n]*\n\s*(?=\S))")


class Piece(NamedTuple):
    """A turn, or some paragraphs of it. turn: its index.  before: the blank lines between it and the piece before it."""

    turn: int
    before: str
    message: Message


Part = tuple[Piece, ...]


def cut(conversation: Conversation, most: int | None, *, by_turn: bool = False) -> list[Part]:
    """The conversation in parts of at most `most` characters; a paragraph or block of code that is longer stays whole.

    None, or a conversation that is not longer, gives one part. by_turn: each piece is a part of its own.
    """
    if by_turn:
        return [(piece,) for part in cut(conversation, most) for piece in part]
    if most is None or sum(len(message.content) for message in conversation.messages) <= most:
        return [tuple(Piece(turn, "", message) for turn, message in enumerate(conversation.messages))]
    parts: list[list[Piece]] = [[]]
    for turn, message in enumerate(conversation.messages):
        for before, text in _pieces(message.content, most):
            held = sum(len(piece.message.content) for piece in parts[-1])
            if parts[-1] and held + len(text) > most:
                parts.append([])
            parts[-1].append(Piece(turn, before, Message(role=message.role, content=text)))
    return [tuple(part) for part in parts]


def joined(parts: Sequence[Part], contents: Sequence[Sequence[str]]) -> list[str]:
    """The turns of a conversation from the contents that stand for each part's pieces."""
    turns: list[str] = []
    for part, said in zip(parts, contents, strict=True):
        for piece, content in zip(part, said, strict=True):
            if piece.turn == len(turns):
                turns.append(content)
            else:
                turns[-1] += piece.before + content
    return turns


def _pieces(text: str, most: int) -> Iterator[tuple[str, str]]:
    """The blank lines before each piece, and the piece: as many paragraphs as fit."""
    before, start = "", 0
    last = (0, 0)
    for gap in (*(found.span("gap") for found in _GAP.finditer(text) if found["gap"]), (len(text), len(text))):
        if last[0] > start and gap[0] - start > most:
            yield before, text[start : last[0]]
            before, start = text[last[0] : last[1]], last[1]
        last = gap
    yield before, text[start:]
