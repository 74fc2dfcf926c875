"""Prepared rows on disk: arrays that are mapped into memory, and a small index that says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Literal, NamedTuple

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


class HeldOutRows(Record, frozen=True, kw_only=True):
    """The held-out rows of one component, which lie together. first: number of the first.  rows: how many.  records: in them."""

    component: str
    first: int
    rows: int
    records: int


class Written(NamedTuple):
    """What was written. content: hash of its arrays."""

    counts: RowCounts
    content: str


class RowsIndex(Record, frozen=True, kw_only=True):
    """What prepared rows are.

    sequence_length: tokens in a row.  train, held_out: counts.  tokenizer: digest.  largest_id: of all tokens.
    end_of_turn: control tokens that end the assistant's turns.  template: digest of the chat template, None when there was none.
    content: hash of all arrays.  held_out_of: the components whose rows are held out.
    """

    sequence_length: int
    train: RowCounts
    held_out: RowCounts
    tokenizer: str
    largest_id: int
    end_of_turn: tuple[int, ...]
    template: str | None
    content: str
    held_out_of: tuple[HeldOutRows, ...] = ()


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

    def contents(self) -> tuple[memoryview, memoryview, memoryview]:
        """The bytes of each array."""
        return self.input_ids.data.cast("B"), self.positions.data.cast("B"), self.marks.data.cast("B")

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


def write_rows(folder: Path, part: Part, spool: Spool, rows: Sequence[Sequence[int]], sequence_length: int) -> Written:
    """Write rows, each a list of pieces of the spool, and count them. What is left of a row is padding without loss.

    The files are written from front to end and never through a map of memory: a full disk is then an OSError, not a dead process.
    """
    counting = _counting(sequence_length)
    tokens = supervised_tokens = 0
    digests = {name: xxhash.xxh3_128() for name in ARRAYS}
    with ExitStack() as opened:
        files = {name: opened.enter_context(array_path(folder, part, name).open("wb")) for name in ARRAYS}
        for name, kind in ARRAYS.items():
            _write_header(files[name], kind, (len(rows), sequence_length))
        several = max(1, CHUNK // sequence_length)
        for first in range(0, len(rows), several):
            batch = _filled(rows[first : first + several], spool, counting)
            tokens += batch.tokens
            supervised_tokens += batch.supervised_tokens
            for name, content in zip(ARRAYS, batch.contents(), strict=True):
                files[name].write(content)
                digests[name].update(content)
    counts = RowCounts(
        rows=len(rows),
        tokens=tokens,
        supervised_tokens=supervised_tokens,
        padding=len(rows) * sequence_length - tokens,
        pieces=sum(map(len, rows)),
    )
    return Written(counts, "".join(digest.hexdigest() for digest in digests.values()))


def _counting(count: int) -> NDArray[np.int32]:
    import numpy as np

    return np.arange(count, dtype=np.int32)


def _write_header(file: BinaryIO, kind: str, shape: tuple[int, int]) -> None:
    import numpy as np

    said = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, said)


def _filled(rows: Sequence[Sequence[int]], spool: Spool, counting: NDArray[np.int32]) -> Batch:
    """Some rows, filled with their pieces."""
    import numpy as np

    shape = (len(rows), len(counting))
    ids, positions = np.zeros(shape, np.int32), np.empty(shape, np.int32)
    marks = np.full(shape, PADDING, np.uint8)
    for number, pieces in enumerate(rows):
        end = 0
        for piece in pieces:
            piece_ids, supervised = spool.piece(piece)
            start, end = end, end + len(piece_ids)
            ids[number, start:end] = piece_ids
            marks[number, start:end] = supervised
            positions[number, start:end] = counting[: end - start]
        positions[number, end:] = counting[: len(counting) - end]
    return Batch(ids, positions, marks)


def clear(folder: Path) -> None:
    """Make the folder if need be, and remove what an interrupted writing left in it; lots of encoded pieces stay."""
    folder.mkdir(parents=True, exist_ok=True)
    for pattern in (INDEX, TEMPLATE, "*.npy"):
        for path in folder.glob(pattern):
            path.unlink()


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
