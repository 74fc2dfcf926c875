"""Texts that say the same: exact copies by their hash, near copies by the exact Jaccard similarity of their shingles."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from mintza.errors import MissingPart
from mintza.text.normal import normal_form

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]

Shingle = Literal["word-5", "char-5"]

SHINGLE = 5
MISSED = 1e-3
MOST_PERMUTATIONS = 192
AT_ONCE = 1000


def exact_key(text: str) -> str:
    """32 hex digits, the same for texts of the same normal form (xxh3, 128 bits)."""
    import xxhash

    return xxhash.xxh3_128_hexdigest(normal_form(text).encode("utf-8", "surrogatepass"))


def similarity(a: str, b: str, *, shingle: Shingle) -> float:
    """Jaccard similarity of the shingle sets of two texts, 0 to 1; texts too short for shingles are 1 when equal, else 0."""
    return _jaccard(_shingles(a, shingle), _shingles(b, shingle))


def near_duplicate_clusters(texts: Sequence[str], *, threshold: float, shingle: Shingle, seed: int = 1) -> list[int]:
    """For each text the index of the first text of its cluster (its own when it is alone), shape (n,).

    Two texts are joined when the exact Jaccard similarity of their shingle sets is at least `threshold`, and clusters are
    what joins connect. Pairs are found by MinHash bands, wide enough to miss under one pair in a thousand that lies at
    the threshold, and far fewer above it. Texts under five words (or characters) are joined when their normal forms are
    equal. Source: Broder (1997), On the resemblance and containment of documents.
    """
    shingles: list[Hashes] = []
    distinct: dict[bytes, int] = {}
    which = []
    for text in texts:
        found = _shingles(text, shingle)
        which.append(distinct.setdefault(found.tobytes(), len(shingles)))
        if which[-1] == len(shingles):
            shingles.append(found)
    parent = list(range(len(shingles)))
    for a, b in _candidates(shingles, threshold, seed):
        if _find(parent, a) != _find(parent, b) and _jaccard(shingles[a], shingles[b]) >= threshold:
            _join(parent, a, b)
    first: dict[int, int] = {}
    return [first.setdefault(_find(parent, one), index) for index, one in enumerate(which)]


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


def _shingles(text: str, shingle: Shingle) -> Hashes:
    """Sorted distinct 64-bit hashes of the runs of five words or characters; one hash of all when it is shorter."""
    import numpy as np
    import xxhash

    normal = normal_form(text)
    if shingle == "word-5":
        units = np.array(
            [xxhash.xxh3_64_intdigest(word.encode("utf-8", "surrogatepass")) for word in normal.split()],
            dtype=np.uint64,
        )
    else:
        units = _mixed(np.frombuffer(normal.encode("utf-32-le", "surrogatepass"), dtype="<u4").astype(np.uint64))
    if len(units) < SHINGLE:
        return np.array([xxhash.xxh3_64_intdigest(normal.encode("utf-8", "surrogatepass"))], dtype=np.uint64)
    count = len(units) - SHINGLE + 1
    runs = np.zeros(count, dtype=np.uint64)
    for offset in range(SHINGLE):
        runs = _mixed(runs + units[offset : offset + count])
    return np.unique(runs)


def _mixed(values: Hashes) -> Hashes:
    """Each value scrambled one to one, so that sums of small numbers do not collide (the finaliser of SplitMix64)."""
    import numpy as np

    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _jaccard(a: Hashes, b: Hashes) -> float:
    import numpy as np

    shared = len(np.intersect1d(a, b, assume_unique=True))
    return shared / (len(a) + len(b) - shared)


def _candidates(shingles: Sequence[Hashes], threshold: float, seed: int) -> Iterator[tuple[int, int]]:
    """Pairs whose signatures agree in a whole band: each text with the ones before it in the band's bucket."""
    import numpy as np

    if len(shingles) < 2:
        return
    bands, rows = bands_and_rows(threshold)
    signatures = _signatures(shingles, bands * rows, seed)
    for band in range(bands):
        keys = np.ascontiguousarray(signatures[:, band * rows : (band + 1) * rows])
        buckets: dict[bytes, list[int]] = {}
        for index, row in enumerate(keys):
            bucket = buckets.setdefault(row.tobytes(), [])
            yield from ((earlier, index) for earlier in bucket)
            bucket.append(index)


def _signatures(shingles: Sequence[Hashes], permutations: int, seed: int) -> NDArray[np.uint32]:
    """MinHash signatures by rensa, shape (n, permutations)."""
    import numpy as np

    try:
        from rensa import RMinHash
    except ImportError:
        raise MissingPart("rensa is not installed", remedy="pip install 'mintza[text]'") from None
    signatures = np.empty((len(shingles), permutations), dtype=np.uint32)
    for start in range(0, len(shingles), AT_ONCE):
        some = shingles[start : start + AT_ONCE]
        offsets = np.zeros(len(some) + 1, dtype=np.uint64)
        np.cumsum([len(one) for one in some], out=offsets[1:])
        matrix = RMinHash.digest_matrix_from_flat_token_hashes(np.concatenate(some), offsets, permutations, seed)
        signatures[start : start + len(some)] = matrix.to_rows()
    return signatures


def _find(parent: list[int], index: int) -> int:
    while parent[index] != index:
        parent[index] = parent[parent[index]]
        index = parent[index]
    return index


def _join(parent: list[int], a: int, b: int) -> None:
    """Join two clusters under the one that began first."""
    a, b = _find(parent, a), _find(parent, b)
    parent[max(a, b)] = min(a, b)
