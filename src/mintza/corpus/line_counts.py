"""In how many documents each line stands, counted on disk: a corpus has more lines than memory has room for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.uint64]

FILE = "lines.u64"
AT_ONCE = 4_000_000


def write(folder: Path, lines: Iterable[set[int]]) -> None:
    """Write the numbers of the lines of some documents, ascending, and then how many documents have each. Raises OSError."""
    import numpy as np

    counted: Counter[int] = Counter()
    for numbers in lines:
        counted.update(numbers)
    numbers_, counts = np.array(sorted(counted), dtype="<u8"), np.empty(len(counted), dtype="<u8")
    counts[:] = [counted[number] for number in numbers_.tolist()]
    with (folder / FILE).open("wb") as file:
        file.write(numbers_.data)
        file.write(counts.data)


def frequent(folders: Sequence[Path], *, least: float) -> dict[int, int]:
    """Number of a line -> documents that have it, of the lines that at least so many have.

    Some 100 MB are held, however many lines there are, and what is given back.
    """
    import numpy as np

    pairs = sum((folder / FILE).stat().st_size // 16 for folder in folders)
    parts = max(1, math.ceil(pairs / AT_ONCE))
    edges = [(1 << 64) * part // parts for part in range(parts)]
    found: dict[int, int] = {}
    for begin, end in zip(edges, [*edges[1:], 1 << 64], strict=True):
        some = [_between(folder / FILE, begin, end) for folder in folders]
        numbers = np.concatenate([one for one, _ in some]) if some else np.empty(0, dtype=np.uint64)
        counts = np.concatenate([one for _, one in some]) if some else numbers
        distinct, which = np.unique(numbers, return_inverse=True)
        documents = np.zeros(len(distinct), dtype=np.uint64)
        np.add.at(documents, which, counts)
        many = documents >= least
        found |= dict(zip(distinct[many].tolist(), documents[many].tolist(), strict=True))
    return found


def _between(path: Path, begin: int, end: int) -> tuple[Numbers, Numbers]:
    """The lines whose numbers lie in [begin, end), and their counts."""
    import numpy as np

    whole = np.fromfile(path, dtype="<u8").reshape(2, -1)
    first = int(np.searchsorted(whole[0], np.uint64(begin)))
    last = whole.shape[1] if end >= 1 << 64 else int(np.searchsorted(whole[0], np.uint64(end)))
    return whole[0, first:last].copy(), whole[1, first:last].copy()
