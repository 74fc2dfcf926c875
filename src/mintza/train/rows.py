"""Prepared rows on disk: arrays that are mapped into memory, and a small index that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import msgspec
import xxhash

from mintza.errors import TrainingError
from mintza.records import Record
from mintza.train.spool import Spool

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

INDEX = "index.json"
TEMPLATE = "chat_template.jinja"
CHUNK = 1 << 20
Part = Literal["train", "held-out"]


class RowCounts(Record, frozen=True, kw_only=True):
    """rows; tokens and supervised_tokens in them; padding: positions that hold no token; pieces: documents or parts of them."""

    rows: int
    tokens: int
    supervised_tokens: int
    padding: int
    pieces: int


class RowsIndex(Record, frozen=True, kw_only=True):
    """What prepared rows are.

    sequence_length: tokens in a row.  train, held_out: counts.  tokenizer: digest.  largest_id: of all tokens.
    end_of_turn: control tokens that end the assistant's turns.  template: digest of the chat template, None when there was none.
    content: hash of all arrays.
    """

    sequence_length: int
    train: RowCounts
    held_out: RowCounts
    tokenizer: str
    largest_id: int
    end_of_turn: tuple[int, ...]
    template: str | None
    content: str


SHOWN, SUPERVISED, PADDING = 0, 1, 2


class Batch(NamedTuple):
    """Rows, each array of shape (rows, sequence length).

    input_ids: int32.  positions: int32, from 0 in each document (padding counts as a document of its own).
    marks: uint8; SHOWN, SUPERVISED (to be predicted from the tokens of its document before it; never at position 0) or PADDING.
    """

    input_ids: NDArray[np.int32]
    positions: NDArray[np.int32]
    marks: NDArray[np.uint8]

    @property
    def supervised_tokens(self) -> int:
        """How many tokens bear loss."""
        return int((self.marks == SUPERVISED).sum())

    @property
    def tokens(self) -> int:
        """How many tokens there are, padding not counted."""
        return int((self.marks != PADDING).sum())

    def rows(self, start: int, end: int) -> Batch:
        """Some of the rows."""
        return Batch(self.input_ids[start:end], self.positions[start:end], self.marks[start:end])


ARRAYS: dict[str, str] = {"input_ids": "int32", "positions": "int32", "marks": "uint8"}


def array_path(folder: Path, part: Part, name: str) -> Path:
    """`FOLDER/train.input_ids.npy`."""
    return folder / f"{part}.{name}.npy"


class PackedRows:
    """Prepared rows of one part, mapped from disk: memory is used only for the batches that are taken."""

    def __init__(self, folder: Path, part: Part) -> None:
        import numpy as np

        self._arrays: list[Any] = [np.load(array_path(folder, part, name), mmap_mode="r") for name in ARRAYS]

    def __len__(self) -> int:
        return len(self._arrays[0])

    @property
    def sequence_length(self) -> int:
        """Tokens in a row."""
        return int(self._arrays[0].shape[1])

    def batch(self, indices: Sequence[int]) -> Batch:
        """The rows of these indices, in this order, copied into memory."""
        return Batch(*(array[list(indices)] for array in self._arrays))


def write_rows(
    folder: Path, part: Part, spool: Spool, rows: Sequence[Sequence[int]], sequence_length: int
) -> RowCounts:
    """Write rows, each a list of pieces of the spool, and give their counts. What is left of a row is padding without loss."""
    import numpy as np

    shape = (len(rows), sequence_length)
    ids, positions, marks = (
        np.lib.format.open_memmap(array_path(folder, part, name), mode="w+", dtype=kind, shape=shape)
        for name, kind in ARRAYS.items()
    )
    all_ids, all_supervised = spool.arrays()
    counting = np.arange(sequence_length, dtype=np.int32)
    tokens = supervised_tokens = 0
    for number, pieces in enumerate(rows):
        end = 0
        for piece in pieces:
            place = spool.place(piece)
            start, end = end, end + place.stop - place.start
            ids[number, start:end] = all_ids[place]
            marks[number, start:end] = all_supervised[place]
            positions[number, start:end] = counting[: end - start]
        positions[number, end:] = counting[: sequence_length - end]
        marks[number, end:] = PADDING
        tokens += end
        supervised_tokens += int((marks[number] == SUPERVISED).sum())
    for mapped in (ids, positions, marks):
        mapped.flush()
    return RowCounts(
        rows=len(rows),
        tokens=tokens,
        supervised_tokens=supervised_tokens,
        padding=len(rows) * sequence_length - tokens,
        pieces=sum(map(len, rows)),
    )


def clear(folder: Path) -> None:
    """Make the folder if need be, and remove what an interrupted writing left in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in (INDEX, TEMPLATE, "*.npy", "*.spool"):
        for path in folder.glob(pattern):
            path.unlink()


def content_of(folder: Path) -> str:
    """Hex xxh3_128 over the arrays of a folder."""
    digest = xxhash.xxh3_128()
    for path in sorted(folder.glob("*.npy")):
        digest.update(path.name.encode())
        with path.open("rb") as file:
            while piece := file.read(CHUNK):
                digest.update(piece)
    return digest.hexdigest()


def open_rows(folder: Path) -> RowsIndex:
    """The index of prepared rows. Raises TrainingError when they are not there or not whole."""
    try:
        return msgspec.json.decode((folder / INDEX).read_bytes(), type=RowsIndex)
    except (OSError, msgspec.DecodeError) as error:
        raise TrainingError(
            f"the prepared rows cannot be read: {error}",
            place=str(folder),
            remedy="remove the artifact of the stage `prepare` and run again",
        ) from error
