"""How much of a text says again what it said: models that derail repeat themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mintza.text.normal import normal_form

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.int64]

FEW_WORDS = 16
WORD_RUN = 4
CHARACTER_RUN = 8
_MULTIPLIER = 0x9E3779B97F4A7C15


def repeated_share(text: str) -> float:
    """Share of the text that lies in runs which stood in it before, 0 to 1; compared in normal form.

    A run is 4 words; in a text of under 16 words, or of a script that sets no spaces, 8 characters. The first time
    that a run stands in the text it does not count. Text shorter than a run gives 0.
    """
    import numpy as np

    normal = normal_form(text)
    units = normal.split()
    words = by_words(len(units), len("".join(units)))
    hashes = np.fromiter(map(hash, units if words else normal), dtype=np.int64)
    return repeated_hashes(hashes, WORD_RUN if words else CHARACTER_RUN)


def by_words(count: int, characters: int) -> bool:
    """Whether runs of words are looked at in a text of so many words, which have so many characters."""
    return count >= FEW_WORDS and characters + count - 1 <= 30 * count


def repeated_hashes(hashes: Hashes, run: int = WORD_RUN) -> float:
    """The same by hashes of 64 bits of a text's words, or characters, and of their runs: two of these are equal by chance
    once in 2 ** 64."""
    import numpy as np

    count = len(hashes) - run + 1
    if count < 2:
        return 0.0
    units = hashes.view(np.uint64)
    runs = units[:count].copy()
    for offset in range(1, run):
        runs *= np.uint64(_MULTIPLIER)
        runs += units[offset : offset + count]
    ordered = np.sort(runs)
    if not (ordered[1:] == ordered[:-1]).any():
        return 0.0
    order = runs.argsort(kind="stable")
    ordered = runs[order]
    # Of equal runs the order is that of the text, so that all but the first of them stood before.
    again = order[1:][ordered[1:] == ordered[:-1]]
    covered = np.zeros(len(hashes), dtype=bool)
    for offset in range(run):
        covered[again + offset] = True
    return int(np.count_nonzero(covered)) / len(hashes)
