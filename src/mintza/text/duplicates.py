"""Texts that say the same: exact copies by their hash, near copies by the exact Jaccard similarity of their shingles.

Nothing here holds all texts, so that a corpus larger than memory can be compared: shingles and bands may lie on disk.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mintza.errors import MissingPart
from mintza.text.normal import normal_form
from mintza.text.unspaced import apart
from mintza.text.vocabulary import Lists, OfVocabulary, Vocabulary

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

Shingle = Literal["word-5", "char-5"]

SHINGLE = 5
MISSED = 1e-3
MOST_PERMUTATIONS = 192
TEXTS_AT_ONCE = 500
_RUNS_AT_ONCE = 1 << 13
_LOOKED_UP = 1 << 16
_PAIRS = 1 << 15


class Shingled(NamedTuple):
    """Texts as they are compared.

    exact: shape (n, 2), equal rows for texts of the same normal form.  shingles: sorted distinct hashes of each text, one
    after the other.  ends: shape (n + 1,), where those of each text begin and the last one's end.
    """

    exact: Hashes
    shingles: Hashes
    ends: Hashes

    def of(self, index: int) -> Hashes:
        """The shingles of one text."""
        return self.shingles[int(self.ends[index]) : int(self.ends[index + 1])]


def shingled(texts: Sequence[str], shingle: Shingle, vocabulary: Vocabulary | None = None) -> Shingled:
    """Hashes (64 bits) of the runs of five words or characters of each text; one hash of all of it when it is shorter.

    vocabulary: in which others look the same texts up, or other calls.
    """
    import numpy as np
    import xxhash

    hashed = (vocabulary or Vocabulary()).columns(_Hashed)
    units = list(map(hashed.words if shingle == "word-5" else _characters, texts))
    exact = [xxhash.xxh3_128_digest(one.data) for one in units]
    sizes = list(map(len, units))
    flat = np.concatenate(units) if units else np.empty(0, dtype=np.uint64)
    del units
    runs = _runs(flat if shingle == "word-5" else _mixed(flat.astype(np.uint64)))
    found = []
    start = 0
    for text, size in zip(texts, sizes, strict=True):
        if size < SHINGLE:
            short = xxhash.xxh3_64_intdigest(normal_form(text).encode("utf-8", "surrogatepass"))
            found.append(np.array([short], dtype=np.uint64))
        else:
            found.append(_distinct(runs[start : start + size - SHINGLE + 1]))
        start += size
    ends = np.zeros(len(texts) + 1, dtype=np.uint64)
    np.cumsum([len(one) for one in found], out=ends[1:])
    together = np.concatenate(found) if found else np.empty(0, dtype=np.uint64)
    return Shingled(np.frombuffer(b"".join(exact), dtype="<u8").reshape(-1, 2), together, ends)


def similarity(a: str, b: str, *, shingle: Shingle) -> float:
    """Jaccard similarity of the shingle sets of two texts, 0 to 1; texts too short for shingles are 1 when equal, else 0."""
    both = shingled([a, b], shingle)
    return jaccard(both.of(0), both.of(1))


def near_duplicate_clusters(texts: Sequence[str], *, threshold: float, shingle: Shingle, seed: int = 1) -> list[int]:
    """For each text the index of the first text of its cluster (its own when it is alone), shape (n,).

    Two texts are joined when the exact Jaccard similarity of their shingle sets is at least `threshold`, and clusters are
    what joins connect. Pairs are found by MinHash bands, wide enough to miss under one pair in a thousand that lies at
    the threshold, and far fewer above it. Texts under five words (or characters) are joined when their normal forms are
    equal. Source: Broder (1997), On the resemblance and containment of documents.
    """
    import numpy as np

    vocabulary = Vocabulary()
    starts = range(0, len(texts), TEXTS_AT_ONCE)
    some = [shingled(texts[start : start + TEXTS_AT_ONCE], shingle, vocabulary) for start in starts]
    if not some:
        return []
    bands = np.concatenate([band_keys(one, threshold, seed) for one in some], axis=1)
    found = clusters(
        len(texts), bands, lambda index: some[index // TEXTS_AT_ONCE].of(index % TEXTS_AT_ONCE), threshold=threshold
    )
    return [int(one) for one in found]


def bands_and_rows(threshold: float) -> tuple[int, int]:
    """Bands and rows a band of the MinHash signature for a threshold, within 192 permutations.

    The most rows (fewest false candidates) with which a pair at the threshold is missed in under 0.1 % of cases:
    (1 - t^rows)^bands <= 0.001. At 0.8: 23 bands of 6 rows.
    """
    best = (MOST_PERMUTATIONS, 1)
    for rows in range(1, 17):
        agree = threshold**rows
        bands = 1 if agree >= 1 else math.ceil(math.log(MISSED) / math.log1p(-agree))
        if bands * rows <= MOST_PERMUTATIONS:
            best = (bands, rows)
    return best


def band_keys(texts: Shingled, threshold: float, seed: int = 1) -> Hashes:
    """Keys of which two near copies share one at least, shape (1 + bands, n): of the whole set, then of each band (rensa)."""
    import numpy as np
    import xxhash

    try:
        from rensa import RMinHash
    except ImportError:
        raise MissingPart("rensa is not installed", remedy="pip install 'mintza[text]'") from None
    bands, rows = bands_and_rows(threshold)
    count = len(texts.ends) - 1
    keys = np.empty((1 + bands, count), dtype=np.uint64)
    keys[0] = [xxhash.xxh3_64_intdigest(texts.of(index).tobytes()) for index in range(count)]
    for start in range(0, count, TEXTS_AT_ONCE):
        end = min(count, start + TEXTS_AT_ONCE)
        ends = texts.ends[start : end + 1]
        flat = np.ascontiguousarray(texts.shingles[int(ends[0]) : int(ends[-1])])
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(flat, ends - ends[0], bands * rows, seed).to_rows()
        signatures = np.asarray(matrix, dtype=np.uint64).reshape(end - start, bands, rows)
        mixed = np.zeros((end - start, bands), dtype=np.uint64)
        for row in range(rows):
            mixed = _mixed(mixed + signatures[:, :, row])
        keys[1:, start:end] = mixed.T
    return keys


def clusters(
    count: int, bands: Iterable[Hashes], shingles_of: Callable[[int], Hashes], *, threshold: float
) -> NDArray[np.uint32]:
    """For each of `count` texts the first of its cluster, shape (n,), as `near_duplicate_clusters` says.

    bands: keys of all texts, shape (n,), band by band; one is held at a time, with some 40 bytes a text beside it.
    shingles_of: sorted distinct shingles of a text; asked of candidates only.
    """
    import numpy as np

    parent = array("I")
    parent.frombytes(np.arange(count, dtype=np.uint32).tobytes())
    label = np.frombuffer(parent, dtype=np.uint32)

    # Two that share words but are not alike meet in many bands.
    @lru_cache(_PAIRS)
    def alike(a: int, b: int) -> bool:
        return _reaches(shingles_of(a), shingles_of(b), threshold)

    for keys in bands:
        for members in _buckets(keys, label):
            _join_alike(members, parent, alike)
        while not np.array_equal(label, above := label[label]):
            label[:] = above
    return label.copy()


def jaccard(a: Hashes, b: Hashes) -> float:
    """Shared members of two sorted sets, over all of both."""
    shared = _shared(a, b)
    return shared / (len(a) + len(b) - shared)


def _reaches(a: Hashes, b: Hashes, threshold: float) -> bool:
    if min(len(a), len(b)) < threshold * max(len(a), len(b)):
        return False
    return jaccard(a, b) >= threshold


def _shared(a: Hashes, b: Hashes) -> int:
    import numpy as np

    both = np.concatenate((a, b))
    both.sort(kind="stable")
    return int(np.count_nonzero(both[1:] == both[:-1]))


def _buckets(keys: Hashes, label: NDArray[np.uint32]) -> Iterator[list[int]]:
    """Texts with the same key, in their order, where they are not all in one cluster."""
    import numpy as np

    # Keys alone are sorted in a fifth of the time that they take with their places, and most stand once.
    ordered = np.sort(keys)
    twice = ordered[1:] == ordered[:-1]
    if not twice.any():
        return
    places = _among(keys, np.unique(ordered[1:][twice]))
    places = places[np.argsort(keys[places], kind="stable")]
    ordered, labels = keys[places], label[places]
    open_ = (ordered[1:] == ordered[:-1]) & (labels[1:] != labels[:-1])
    several = np.unique(ordered[1:][open_])
    starts, ends = (np.searchsorted(ordered, several, side=side) for side in ("left", "right"))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield places[start:end].tolist()


def _among(keys: Hashes, few: Hashes) -> NDArray[np.uint32]:
    """Places of the keys that are among a few sorted ones; some are looked up at a time, so that little is held."""
    import numpy as np

    # Nearly all others are told by their last bits, without a search.
    last = np.uint64((1 << min(22, len(few).bit_length() + 4)) - 1)
    maybe = np.zeros(int(last) + 1, dtype=bool)
    maybe[few & last] = True
    found = []
    for start in range(0, len(keys), _LOOKED_UP):
        some = keys[start : start + _LOOKED_UP]
        at = np.flatnonzero(maybe[some & last])
        some = some[at]
        near = np.minimum(np.searchsorted(few, some), len(few) - 1)
        found.append((at[few[near] == some] + start).astype(np.uint32))
    return np.concatenate(found)


def _join_alike(members: Sequence[int], parent: array[int], alike: Callable[[int, int], bool]) -> None:
    """Join the members that are alike; no pair is compared that is in one cluster already."""
    apart: list[list[int]] = []
    for member in members:
        home: list[int] | None = None
        others = []
        for group in apart:
            if _find(parent, group[0]) != _find(parent, member):
                if not any(alike(one, member) for one in group):
                    others.append(group)
                    continue
                _join(parent, group[0], member)
            if home is None:
                home = group
                home.append(member)
            else:
                home.extend(group)
        apart = [*others, home if home is not None else [member]]


class _Hashed(OfVocabulary):
    """Words as they are compared: in normal form, and in scripts without spaces character by character."""

    def words(self, text: str) -> Hashes:
        """64 bits of each word of a text, shape (n,)."""
        import numpy as np

        found = [self._hashes.of(numbers) for numbers in self.pieces(text)]
        return found[0] if len(found) == 1 else np.concatenate(found)

    def forget(self) -> None:
        self._hashes = Lists("<u8")

    def meet(self, words: Sequence[str]) -> None:
        import xxhash

        hashed = xxhash.xxh3_64_intdigest
        self._hashes.extend(
            # What `normal_form` would give, without asking.
            [hashed(word.lower().encode())]
            if word.isascii() and word.isalnum()
            else [hashed(one.encode("utf-8", "surrogatepass")) for one in apart(normal_form(word)).split()]
            for word in words
        )


def _characters(text: str) -> NDArray[Any]:
    import numpy as np

    return np.frombuffer(normal_form(text).encode("utf-32-le", "surrogatepass"), dtype="<u4")


def _distinct(runs: Hashes) -> Hashes:
    """The runs sorted, each once."""
    import numpy as np

    ordered = np.sort(runs)
    new = ordered[1:] != ordered[:-1]
    return ordered if new.all() else np.concatenate((ordered[:1], ordered[1:][new]))


def _runs(units: Hashes) -> Hashes:
    """One hash a run of five units, shape (n - 4,)."""
    import numpy as np

    count = max(0, len(units) - SHINGLE + 1)
    runs = np.zeros(count, dtype=np.uint64)
    # Some at a time: they stay near the processor through all of it.
    for start in range(0, count, _RUNS_AT_ONCE):
        some = runs[start : start + _RUNS_AT_ONCE]
        for offset in range(SHINGLE):
            some += units[start + offset : start + offset + len(some)]
            _mix(some)
    return runs


def _mixed(values: Hashes) -> Hashes:
    """Each value scrambled one to one, so that sums of small numbers do not collide (the finaliser of SplitMix64)."""
    values = values.copy()
    _mix(values)
    return values


def _mix(values: Hashes) -> None:
    """The same in place."""
    import numpy as np

    values += np.uint64(0x9E3779B97F4A7C15)
    values ^= values >> np.uint64(30)
    values *= np.uint64(0xBF58476D1CE4E5B9)
    values ^= values >> np.uint64(27)
    values *= np.uint64(0x94D049BB133111EB)
    values ^= values >> np.uint64(31)


def exact_key(text: str) -> str:
    """32 hex digits, the same for texts of the same normal form (xxh3, 128 bits)."""
    import xxhash

    return xxhash.xxh3_128_hexdigest(normal_form(text).encode("utf-8", "surrogatepass"))


def _find(parent: array[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _join(parent: array[int], a: int, b: int) -> None:
    """Join two clusters under the one that began first."""
    a, b = _find(parent, a), _find(parent, b)
    parent[max(a, b)] = min(a, b)
