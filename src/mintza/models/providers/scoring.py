"""How texts are laid out to be scored: token ids of contexts and continuations, windows, batches of like length. No torch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

Encode = Callable[[str], list[int]]


class Piece(NamedTuple):
    """Part of a text to score. shown: ids that the model reads.  scored: the ids that it is to predict at the end of them.

    `scored[-1]` is not read; the one before it is the last of `shown`.  text: which text the piece is of.
    """

    text: int
    shown: tuple[int, ...]
    scored: tuple[int, ...]


def encode_pair(context: str, continuation: str, encode: Encode) -> tuple[list[int], list[int]]:
    """Ids of both, encoded as one text and cut where the context alone ends; spaces at its end go with the continuation.

    So a word's first token carries its space, as the model has learned it.  Source: lm-eval, `_encode_pair`.
    """
    whole = encode(context + continuation)
    before = len(encode(context.rstrip()))
    if before >= len(whole) and continuation:
        return encode(context), encode(continuation)
    return whole[:before], whole[before:]


def pieces(text: int, context: Sequence[int], continuation: Sequence[int], longest: int) -> Iterator[Piece]:
    """Windows of at most `longest` tokens that score each id of `continuation` once, given at least one id of context.

    Where the continuation fits, as much of the context's end is shown as fits too. Where it does not, each window begins with
    the one id before what it scores.
    """
    ids = [*context, *continuation]
    start, end = len(context), len(ids)
    if start == end:
        return
    if end - start <= longest:
        yield Piece(text, tuple(ids[max(0, end - 1 - longest) : end - 1]), tuple(ids[start:end]))
        return
    for first in range(start, end, longest):
        last = min(end, first + longest)
        yield Piece(text, tuple(ids[first - 1 : last - 1]), tuple(ids[first:last]))


class Group(NamedTuple):
    """Pieces that show the model the same ids, so that it reads them once."""

    shown: tuple[int, ...]
    wanted: list[tuple[int, tuple[int, ...]]]


def grouped(all_pieces: Iterable[Piece]) -> list[Group]:
    """Groups, the longest first: what does not fit into memory fails at once, and batches are of like length."""
    found: dict[tuple[int, ...], Group] = {}
    for number, piece in enumerate(all_pieces):
        found.setdefault(piece.shown, Group(piece.shown, [])).wanted.append((number, piece.scored))
    return sorted(found.values(), key=lambda group: (-len(group.shown), group.shown))


def batches(groups: Sequence[Group], *, tokens: int) -> Iterator[list[Group]]:
    """Groups in their order, as many as stay within `tokens` when all are padded to the longest; at least one."""
    batch: list[Group] = []
    for group in groups:
        longest = len(batch[0].shown) if batch else len(group.shown)
        if batch and longest * (len(batch) + 1) > tokens:
            yield batch
            batch = []
        batch.append(group)
    if batch:
        yield batch
