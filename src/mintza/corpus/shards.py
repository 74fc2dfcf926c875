"""What a worker leaves of a piece of the corpus: documents in order, their columns, verdicts; complete when its seal is there."""

from __future__ import annotations

import itertools
import os
import shutil
from array import array
from bisect import bisect_right
from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from mintza.corpus.chain import place_of
from mintza.corpus.filters.split import draw
from mintza.corpus.merging import Run, read_run, write_run
from mintza.records import Document, Verdict
from mintza.text.duplicates import Shingle, band_keys, shingled
from mintza.text.unspaced import count_words
from mintza.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.uint64]

SEAL, CONTENTS = "seal.json", "contents.json"
DOCUMENTS, COLUMNS, ORDER, VERDICTS = "documents.jsonl", "columns.u64", "order.jsonl", "verdicts.jsonl"
# Columns of a document, 8 bytes each; after them the bands, then where its shingles begin, then all shingles.
EXACT_HIGH, EXACT_LOW, DRAW, WORDS, STARTS = range(5)
FIXED = 5
OPEN_AT_ONCE = 64
READ_AT_ONCE = 1 << 18  # bytes


class Comparing(NamedTuple):
    """How documents are compared. seed: of the split."""

    shingle: Shingle
    threshold: float
    seed: int


class Seal(msgspec.Struct, frozen=True):
    """digest: of what went in.  documents: how many.  early: how many of them are of held-out sources.

    causes: (step, unit, reason, how many) of the verdicts on what went.
    """

    digest: str
    documents: int
    early: int
    causes: tuple[tuple[str, str, str, int], ...]


class Entry(msgspec.Struct, array_like=True):
    """Where a document stands among all: those of held-out sources first, then by id. place: its number in the shards' order."""

    late: bool
    id: str
    place: int = 0


def write_shard(
    folder: Path,
    digest: str,
    records: Iterable[Document | Verdict],
    comparing: Comparing,
    vocabulary: Vocabulary,
) -> Seal:
    """Write a shard whole or not at all; gives its seal. vocabulary: in which its texts were looked up. Raises OSError."""
    verdicts: list[Verdict] = []
    documents: list[Document] = []
    for record in records:
        if isinstance(record, Verdict):
            verdicts.append(record)
        else:
            documents.append(record)
    documents.sort(key=_standing)
    verdicts.sort(key=place_of)
    early = sum(document.split == "held-out" for document in documents)
    seal = Seal(
        digest=digest,
        documents=len(documents),
        early=early,
        causes=tuple((*cause, count) for cause, count in _causes(verdicts).items()),
    )
    new = fresh(folder)
    starts = _write_documents(new / DOCUMENTS, documents)
    write_run(new / ORDER, (Entry(*_standing(document)) for document in documents))
    write_run(new / VERDICTS, verdicts)
    _write_columns(new / COLUMNS, documents, starts, comparing, vocabulary)
    write_seal(new, folder, seal)
    return seal


def fresh(folder: Path) -> Path:
    """An empty folder beside the one that it will become; what lies at either goes."""
    new = folder.with_name(f".{folder.name}.new")
    for old in (new, folder):
        shutil.rmtree(old, ignore_errors=True)
    new.mkdir(parents=True)
    return new


def write_seal(new: Path, folder: Path, seal: msgspec.Struct) -> None:
    """Make the folder complete: what its files hold is noted, the seal comes last, then its name."""
    # Not flushed to the disk: that would cost more than the work. After a loss of power `intact` tells what was lost.
    (new / CONTENTS).write_bytes(msgspec.json.encode(_contents(new)))
    (new / SEAL).write_bytes(msgspec.json.encode(seal))
    new.rename(folder)


def intact(folder: Path) -> bool:
    """Whether the files of a sealed folder hold what they held when it was sealed."""
    try:
        noted = msgspec.json.decode((folder / CONTENTS).read_bytes(), type=dict[str, str])
        return noted == {name: found for name, found in _contents(folder).items() if name in noted}
    except (OSError, msgspec.DecodeError):
        return False


def _contents(folder: Path) -> dict[str, str]:
    """Name of each file -> hash of what it holds (xxh3, 128 bits)."""
    import xxhash

    found = {}
    for path in sorted(folder.iterdir()):
        digest = xxhash.xxh3_128()
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
        found[path.name] = digest.hexdigest()
    return found


def sealed(folder: Path, digest: str) -> Seal | None:
    """The seal of a shard that is complete and was made of the same input, else None."""
    try:
        seal = msgspec.json.decode((folder / SEAL).read_bytes(), type=Seal)
    except (OSError, msgspec.DecodeError):
        return None
    return seal if seal.digest == digest else None


class Shards:
    """Sealed shards as one numbering of documents: by shard, then by their order inside it. Little of them is held."""

    def __init__(self, folders: Sequence[Path], seals: Sequence[Seal]) -> None:
        import numpy as np

        self._folders = folders
        self._sizes = [seal.documents for seal in seals]
        self._base = np.zeros(len(folders) + 1, dtype=np.int64)
        np.cumsum(self._sizes, out=self._base[1:])
        self._open: OrderedDict[int, _Open] = OrderedDict()
        self._decoder = msgspec.json.Decoder(Document)

    def __len__(self) -> int:
        return int(self._base[-1])

    def column(self, number: int) -> Column:
        """A column of all documents, shape (n,)."""
        import numpy as np

        found = np.empty(len(self), dtype=np.uint64)
        for shard, size in enumerate(self._sizes):
            found[int(self._base[shard]) : int(self._base[shard + 1])] = self._numbers(
                shard, _before(number, size), size
            )
        return found

    def band(self, number: int) -> Column:
        """Keys of a band of all documents, shape (n,)."""
        return self.column(FIXED + number)

    def document(self, place: int) -> Document:
        """The document of that number."""
        shard, within = self._at(place)
        return next(self._documents(shard, within, within + 1))

    def documents(self, places: NDArray[np.uint32]) -> Iterator[Document]:
        """The documents of those numbers, in that order; neighbours are read together. places: shape (n,)."""
        import numpy as np

        shards = self._base.searchsorted(places, side="right") - 1
        cuts = np.flatnonzero((shards[1:] != shards[:-1]) | (places[1:] != places[:-1] + 1)) + 1
        begins = [0, *cuts.tolist()] if len(places) else []
        within = (places - self._base[shards]).tolist()
        for begin, end in zip(begins, [*begins[1:], len(places)], strict=True):
            yield from self._documents(int(shards[begin]), within[begin], within[end - 1] + 1)

    def shingles(self, place: int, bands: int) -> Column:
        """Sorted distinct shingles of a document. bands: how many the shards were written with."""
        shard, within = self._at(place)
        before = _before(FIXED + bands, self._sizes[shard])
        start, end = self._numbers(shard, before + within, 2).tolist()
        return self._numbers(shard, before + self._sizes[shard] + 1 + start, end - start)

    def orders(self) -> list[Run[Entry]]:
        """The order of each shard, with the documents' numbers."""
        return [lambda shard=shard: self._order(shard) for shard in range(len(self._folders))]  # type: ignore[misc]

    def verdicts(self) -> list[Run[Verdict]]:
        """The verdicts of each shard."""
        return [lambda folder=folder: read_run(folder / VERDICTS, Verdict) for folder in self._folders]  # type: ignore[misc]

    def close(self) -> None:
        """Close what is open."""
        while self._open:
            _, files = self._open.popitem()
            files.close()

    def _order(self, shard: int) -> Iterator[Entry]:
        for place, entry in enumerate(read_run(self._folders[shard] / ORDER, Entry), int(self._base[shard])):
            entry.place = place
            yield entry

    def _documents(self, shard: int, begin: int, end: int) -> Iterator[Document]:
        """Documents `begin` to `end` of a shard."""
        while begin < end:
            files = self._files(shard)  # again each time: who reads on may have made others be closed
            if files.starts is None:
                size = self._sizes[shard]
                files.starts = array("Q", self._numbers(shard, _before(STARTS, size), size + 1).tobytes())
            starts = files.starts[begin : end + 1]
            upto = max(1, bisect_right(starts, starts[0] + READ_AT_ONCE) - 1)
            read = memoryview(os.pread(files.documents, starts[upto] - starts[0], starts[0]))
            for one, next_one in itertools.pairwise(starts[: upto + 1]):
                yield self._decoder.decode(read[one - starts[0] : next_one - starts[0]])
            begin += upto

    def _at(self, place: int) -> tuple[int, int]:
        shard = int(self._base.searchsorted(place, side="right")) - 1
        return shard, place - int(self._base[shard])

    def _numbers(self, shard: int, start: int, count: int) -> Column:
        import numpy as np

        # Read, not mapped: mapped pages count as memory of ours.
        return np.frombuffer(os.pread(self._files(shard).columns, count * 8, start * 8), dtype="<u8")

    def _files(self, shard: int) -> _Open:
        if shard in self._open:
            self._open.move_to_end(shard)
            return self._open[shard]
        folder = self._folders[shard]
        self._open[shard] = _Open(os.open(folder / DOCUMENTS, os.O_RDONLY), os.open(folder / COLUMNS, os.O_RDONLY))
        if len(self._open) > OPEN_AT_ONCE:
            _, files = self._open.popitem(last=False)
            files.close()
        return self._open[shard]


@dataclass
class _Open:
    """Files of a shard that are open, and where its documents begin, once one of them was read."""

    documents: int
    columns: int
    starts: array[int] | None = None

    def close(self) -> None:
        os.close(self.documents)
        os.close(self.columns)


def _standing(document: Document) -> tuple[bool, str]:
    return document.split != "held-out", document.id


def _causes(verdicts: Iterable[Verdict]) -> Counter[tuple[str, str, str]]:
    return Counter((verdict.step, verdict.unit, verdict.reason) for verdict in verdicts if not verdict.kept)


def _before(column: int, size: int) -> int:
    """How many numbers stand before a column: the starts have one more than there are documents."""
    return column * size + (column > STARTS)


def _write_documents(path: Path, documents: Iterable[Document]) -> list[int]:
    encoder = msgspec.json.Encoder()
    starts = [0]
    with path.open("wb") as file:
        for document in documents:
            starts.append(starts[-1] + file.write(encoder.encode(document)))
    return starts


def _write_columns(
    path: Path, documents: Sequence[Document], starts: Sequence[int], comparing: Comparing, vocabulary: Vocabulary
) -> None:
    import numpy as np

    compared = shingled([document.text for document in documents], comparing.shingle, vocabulary)
    columns = (
        np.ascontiguousarray(compared.exact[:, 1]),
        np.ascontiguousarray(compared.exact[:, 0]),
        np.array([draw(comparing.seed, document.id) for document in documents], dtype="<u8"),
        np.array([count_words(document.text, vocabulary) for document in documents], dtype="<u8"),
        np.array(starts, dtype="<u8"),
        band_keys(compared, comparing.threshold),
        compared.ends,
        compared.shingles,
    )
    with path.open("wb") as file:
        # Not by numpy's own writer: its error on a full disk does not say that the disk is full.
        for column in columns:
            file.write(np.ascontiguousarray(column, dtype="<u8").data)
