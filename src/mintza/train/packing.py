"""Filling rows of a fixed length with pieces of text: best-fit decreasing."""

from __future__ import annotations

import math
from collections.abc import Sequence


class Rooms:
    """Rows that have room for so many tokens more, found by how many."""

    def __init__(self) -> None:
        self._rows: dict[int, list[int]] = {}
        self._occupied = 0  # bit r is set when some row has room for exactly r

    def add(self, room: int, row: int) -> None:
        """A row with room for `room` tokens; of one that is full nothing is kept."""
        if room:
            self._rows.setdefault(room, []).append(row)
            self._occupied |= 1 << room

    def fitting(self, length: int) -> int:
        """The least room that `length` tokens fit into, 0 when there is none."""
        rooms = self._occupied >> length
        return length + (rooms & -rooms).bit_length() - 1 if rooms else 0

    def largest(self) -> int:
        """The largest room, 0 when no row has any."""
        return max(0, self._occupied.bit_length() - 1)

    def take(self, room: int) -> int:
        """A row with exactly that room, which is no longer kept."""
        row = self._rows[room].pop()
        if not self._rows[room]:
            self._occupied &= ~(1 << room)
        return row


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Rows of indices into `lengths` such that no row holds more than `capacity`, every index lies in one row, and few rows are used.

    The longest goes first, each into the fullest row that still has room for it. Raises ValueError for a piece that is empty
    or longer than a row.  Source: Ding et al. (2024), Fewer Truncations Improve Language Modeling.
    """
    rows: list[list[int]] = []
    rooms = Rooms()
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        if not 0 < length <= capacity:
            raise ValueError(f"piece {index} has {length} tokens; a row holds 1 to {capacity}")
        room = rooms.fitting(length)
        if room:
            row = rooms.take(room)
            rows[row].append(index)
        else:
            room, row = capacity, len(rows)
            rows.append([index])
        rooms.add(room - length, row)
    return rows


def fewest_rows(whole: Sequence[int], cut: int, capacity: int) -> int:
    """A bound: no packing of these pieces, and of `cut` tokens that may be cut anywhere, needs fewer rows.

    Pieces over half a row need one each, and their room serves only pieces that fit it: for every least size of what is
    counted, the pieces that fit no such room together need rows of their own.  Source: Martello and Toth (1990), the bound L2.
    """
    half = capacity // 2
    large = sorted(length for length in whole if length > half)
    small = sorted((length for length in whole if length <= half), reverse=True)
    rows = max(len(large), math.ceil((sum(whole) + cut) / capacity))
    together = roomy = room = 0
    for length in small:
        together += length
        while roomy < len(large) and capacity - large[roomy] >= length:
            room += capacity - large[roomy]
            roomy += 1
        rows = max(rows, len(large) + math.ceil(max(0, together - room) / capacity))
    return rows
