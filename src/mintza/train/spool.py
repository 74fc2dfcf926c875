"""Encoded pieces on their way to rows: tokens wait on disk, only lengths and places are kept in memory."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from mintza.train.rendering import Rendered

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Spool:
    """Pieces in the order in which they came. Its two files go when it is closed."""

    def __init__(self, folder: Path, name: str) -> None:
        self._paths = (folder / f"{name}.ids.spool", folder / f"{name}.supervised.spool")
        self._ids: BinaryIO = self._paths[0].open("w+b")
        self._supervised: BinaryIO = self._paths[1].open("w+b")
        self._starts = array("q", [0])
        self.largest_id = 0

    def __len__(self) -> int:
        return len(self._starts) - 1

    def add(self, piece: Rendered) -> None:
        """Keep one piece."""
        self._ids.write(array("i", piece.ids).tobytes())
        self._supervised.write(piece.supervised)
        self._starts.append(self._starts[-1] + len(piece.ids))
        self.largest_id = max(self.largest_id, *piece.ids)

    def length(self, piece: int) -> int:
        """Tokens of a piece."""
        return self._starts[piece + 1] - self._starts[piece]

    def lengths(self, pieces: Sequence[int]) -> list[int]:
        """Tokens of each piece."""
        return [self.length(piece) for piece in pieces]

    def arrays(self) -> tuple[NDArray[Any], NDArray[Any]]:
        """All ids and all marks of loss, mapped from disk; `place` says where a piece lies in them."""
        import numpy as np

        self._ids.flush()
        self._supervised.flush()
        if not self._starts[-1]:
            return np.zeros(0, np.int32), np.zeros(0, np.uint8)
        return np.memmap(self._paths[0], np.int32, "r"), np.memmap(self._paths[1], np.uint8, "r")

    def place(self, piece: int) -> slice:
        """Where a piece lies in the arrays."""
        return slice(self._starts[piece], self._starts[piece + 1])

    def close(self) -> None:
        """Remove the files."""
        self._ids.close()
        self._supervised.close()
        for path in self._paths:
            path.unlink(missing_ok=True)
