"""Encoded pieces on their way to rows: tokens wait on disk in lots, each whole or not there, so that a kill costs one lot."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from mintza.records import Record, Verdict
from mintza.train.rendering import Rendered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Tokens = NDArray[Any]


class LotIndex(Record, frozen=True, kw_only=True):
    """What a lot holds.

    made_of: digest of its records and of all that decides how they are encoded.  lengths: tokens of each piece, int64.
    pieces: of each record, int64.  documents: for each record, 1 when it is a document.  supervised: tokens of each record that bear
    loss, int64.  verdicts: on records that were left out.  ends: control tokens that end a turn.  largest_id: of all tokens.
    """

    made_of: str
    lengths: bytes
    pieces: bytes
    documents: bytes
    supervised: bytes
    verdicts: tuple[Verdict, ...]
    ends: tuple[int, ...]
    largest_id: int


class LotWriter:
    """Takes the pieces of a lot. What is in memory is five bytes a token."""

    def __init__(self) -> None:
        self._ids = array("i")
        self._marks = bytearray()
        self._lengths, self._pieces, self._supervised = array("q"), array("q"), array("q")
        self._documents = bytearray()

    def add(self, pieces: Sequence[Rendered], *, document: bool) -> None:
        """Keep one record."""
        for piece in pieces:
            self._ids.extend(piece.ids)
            self._marks += piece.supervised
            self._lengths.append(len(piece.ids))
        self._pieces.append(len(pieces))
        self._documents.append(document)
        self._supervised.append(sum(piece.supervised.count(1) for piece in pieces))

    def seal(self, path: Path, made_of: str, verdicts: Sequence[Verdict], ends: set[int]) -> LotIndex:
        """Write the lot, the index last, so that its being there means that the tokens are."""
        index = LotIndex(
            made_of=made_of,
            lengths=self._lengths.tobytes(),
            pieces=self._pieces.tobytes(),
            documents=bytes(self._documents),
            supervised=self._supervised.tobytes(),
            verdicts=tuple(verdicts),
            ends=tuple(sorted(ends)),
            largest_id=max(self._ids, default=0),
        )
        path.parent.mkdir(parents=True, exist_ok=True)
        _write(_tokens_of(path), self._ids.tobytes(), self._marks)
        _write(path, msgspec.msgpack.encode(index))
        return index


def _write(path: Path, *content: bytes | bytearray) -> None:
    temporary = path.with_name(f".{path.name}")
    with temporary.open("wb") as file:
        for piece in content:
            file.write(piece)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)


def _tokens_of(path: Path) -> Path:
    return path.with_suffix(".tokens")


def read_lot(path: Path, made_of: str) -> LotIndex | None:
    """The index of a lot that an earlier try left, None when there is none, or one of something else, or not whole."""
    try:
        index = msgspec.msgpack.decode(path.read_bytes(), type=LotIndex)
        size = _tokens_of(path).stat().st_size
    except (OSError, msgspec.DecodeError):
        return None
    whole = size == 5 * sum(array("q", index.lengths))
    return index if whole and index.made_of == made_of else None


class _Lot(NamedTuple):
    path: Path
    first_token: int
    first_piece: int


class Spool:
    """The pieces of some lots, numbered in the order in which the lots were added; after them, parts of pieces."""

    def __init__(self) -> None:
        self._lots: list[_Lot] = []
        self._parts: list[tuple[int, int, int]] = []
        self._mapped: dict[int, tuple[Tokens, Tokens]] = {}
        self._starts = array("q", [0])
        self.largest_id = 0

    def __len__(self) -> int:
        """How many pieces there are, parts not counted."""
        return len(self._starts) - 1

    def add(self, path: Path, index: LotIndex) -> None:
        """One more lot."""
        self._lots.append(_Lot(path, self._starts[-1], len(self)))
        for length in array("q", index.lengths):
            self._starts.append(self._starts[-1] + length)
        self.largest_id = max(self.largest_id, index.largest_id)

    def part(self, piece: int, start: int, end: int) -> int:
        """The number of a part of a piece, its tokens from `start` to before `end`. No lots are added after it."""
        self._parts.append((piece, start, end))
        return len(self) + len(self._parts) - 1

    def length(self, piece: int) -> int:
        """Tokens of a piece."""
        return self._starts[piece + 1] - self._starts[piece]

    def lengths(self, pieces: Sequence[int]) -> list[int]:
        """Tokens of each piece."""
        return [self.length(piece) for piece in pieces]

    def piece(self, number: int) -> tuple[Tokens, Tokens]:
        """Ids and marks of loss of a piece, mapped from disk, or of a part, whose first token bears no loss."""
        if number >= len(self):
            whole, start, end = self._parts[number - len(self)]
            ids, marks = self.piece(whole)
            marks = marks[start:end].copy()
            marks[0] = 0
            return ids[start:end], marks
        place = bisect_right(self._lots, number, key=_first_piece) - 1
        ids, marks = self._lot(place)
        before = self._lots[place].first_token
        tokens = slice(self._starts[number] - before, self._starts[number + 1] - before)
        return ids[tokens], marks[tokens]

    def _lot(self, place: int) -> tuple[Tokens, Tokens]:
        if place not in self._mapped:
            import numpy as np

            whole = np.memmap(_tokens_of(self._lots[place].path), np.uint8, "r")
            tokens = len(whole) // 5
            self._mapped[place] = (whole[: 4 * tokens].view(np.int32), whole[4 * tokens :])
        return self._mapped[place]


def _first_piece(lot: _Lot) -> int:
    return lot.first_piece
