"""Filling rows of a fixed length with pieces of text: best-fit decreasing."""

from __future__ import annotations

from collections.abc import Sequence


def pack(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Rows of indices into `lengths` such that no row holds more than `capacity`, every index lies in one row, and few rows are used.

    The longest goes first, each into the fullest row that still has room for it. Raises ValueError for a piece that is empty
    or longer than a row.  Source: Ding et al. (2024), Fewer Truncations Improve Language Modeling.
    """
    rows: list[list[int]] = []
    with_room: dict[int, list[int]] = {}
    occupied = 0  # bit r is set when some row has room for exactly r more
    for index in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[index]
        if not 0 < length <= capacity:
            raise ValueError(f"piece {index} has {length} tokens; a row holds 1 to {capacity}")
        fitting = occupied >> length
        if fitting:
            room = length + (fitting & -fitting).bit_length() - 1
            row = with_room[room].pop()
            if not with_room[room]:
                occupied &= ~(1 << room)
            rows[row].append(index)
        else:
            room, row = capacity, len(rows)
            rows.append([index])
        left = room - length
        if left:
            with_room.setdefault(left, []).append(row)
            occupied |= 1 << left
    return rows
