"""Rows that whole documents leave part empty, filled by cutting some of them: as few as need be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple

from mintza.train.packing import Rooms

TRIES = 8
CUTS_A_ROW = 8
"""So many cuts a row that is saved are worth it at most: a cut takes from a document's second part the sight of its first."""


class Part(NamedTuple):
    """The tokens of a piece from `start` to before `end`."""

    piece: int
    start: int
    end: int


class Filled(NamedTuple):
    """rows: of numbers; one below the count of pieces is a piece, whole, another is parts[number - that count]."""

    rows: list[list[int]]
    parts: list[Part]


def fill(
    rows: list[list[int]],
    lengths: Sequence[int],
    capacity: int,
    *,
    may_cut: Sequence[int],
    share: float,
    shortest: int,
) -> Filled:
    """The pieces of rows in fewer rows, until `share` of them holds tokens or cutting no longer helps.

    rows: of indices into `lengths`, as `pack` makes them.  may_cut: 1 for each piece that may be cut.  The emptiest rows of which
    all may be cut are given up; what they held goes into the room of the others, whole where it fits, else in parts of at least
    `shortest` tokens, the largest rooms first. Two parts of a piece never share a row. Everything is kept, exactly once.
    More than CUTS_A_ROW cuts for each row that is saved are not made.
    """
    held = [sum(lengths[piece] for piece in row) for row in rows]
    wanted = math.ceil(sum(held) / (share * capacity)) if share else len(rows)
    best = Filled(rows, [])
    if len(rows) <= wanted:
        return best
    loose = sorted(
        (row for row, pieces in enumerate(rows) if all(may_cut[piece] for piece in pieces)),
        key=lambda row: (held[row], row),
    )
    given_up = _how_many(held, loose, capacity, wanted, shortest)
    for _ in range(TRIES):
        homeless = set(loose[:given_up])
        ways = [_poured(rows, homeless, lengths, capacity, shortest, wasteful=way) for way in (True, False)]
        worth = [way for way in ways if _cuts(way) <= CUTS_A_ROW * (len(rows) - len(way.rows))]
        best = (
            min(best, *worth, key=lambda filled: (max(wanted, len(filled.rows)), len(filled.parts))) if worth else best
        )
        if len(best.rows) <= wanted or not given_up:
            break
        more = max(1, min(len(way.rows) for way in ways) - wanted)
        given_up = min(len(loose), given_up + more) if worth else given_up // 2
    return best


def _cuts(filled: Filled) -> int:
    return len(filled.parts) - len({part.piece for part in filled.parts})


def _how_many(held: Sequence[int], loose: Sequence[int], capacity: int, wanted: int, shortest: int) -> int:
    """How many of the loose rows to give up, so that about `wanted` rows are left; else so that fewest are."""
    rooms = [capacity - tokens if capacity - tokens >= shortest else 0 for tokens in held]
    homeless = accumulate(held[row] for row in loose)
    usable = accumulate((-rooms[row] for row in loose), initial=sum(rooms))
    next(usable)
    fewest, best = len(held), 0
    for count, (tokens, room) in enumerate(zip(homeless, usable, strict=True), start=1):
        left = len(held) - count + math.ceil(max(0, tokens - room) / capacity)
        if left < fewest:
            fewest, best = left, count
        if left <= wanted:
            break
    return best


def _poured(
    rows: Sequence[Sequence[int]],
    given_up: set[int],
    lengths: Sequence[int],
    capacity: int,
    shortest: int,
    *,
    wasteful: bool,
) -> Filled:
    kept = [list(pieces) for row, pieces in enumerate(rows) if row not in given_up]
    rooms, parts = Rooms(), list[Part]()
    for row, pieces in enumerate(kept):
        rooms.add(capacity - sum(lengths[piece] for piece in pieces), row)
    homeless = [piece for row in given_up for piece in rows[row]]
    for piece in sorted(homeless, key=lambda piece: (-lengths[piece], piece)):
        start, end = 0, lengths[piece]
        while start < end:
            room, size = _place(rooms, end - start, shortest, wasteful)
            if not room:
                rooms.add(capacity, len(kept))
                kept.append([])
                room, size = _place(rooms, end - start, shortest, wasteful)
            row = rooms.take(room)
            rooms.add(room - size, row)
            if size == lengths[piece]:
                kept[row].append(piece)
            else:
                kept[row].append(len(lengths) + len(parts))
                parts.append(Part(piece, start, start + size))
            start += size
    return Filled(kept, parts)


def _place(rooms: Rooms, left: int, shortest: int, wasteful: bool) -> tuple[int, int]:
    """A room for what is left of a piece, and how much of it goes there; (0, 0) when a row of its own is due.

    What stays free of the room, and what is still left of the piece, is nothing or at least `shortest`.  wasteful: rather a
    smaller room that nothing more fits into than a cut or a new row.
    """
    room = rooms.fitting(left)
    if room and (room == left or wasteful):
        return room, left
    room = rooms.fitting(left + shortest)
    if room:
        return room, left
    room = rooms.largest()
    size = room if room <= left - shortest else min(left, room) - shortest
    return (room, size) if size >= shortest else (0, 0)
