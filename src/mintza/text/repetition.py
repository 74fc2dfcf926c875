"""How much of a text says again what it said: models that derail repeat themselves."""

from __future__ import annotations

from collections.abc import Sequence

from mintza.text.normal import normal_form

FEW_WORDS = 16
WORD_RUN = 4
CHARACTER_RUN = 8
_MULTIPLIER = 0x9E3779B97F4A7C15


def repeated_share(text: str) -> float:
    """Share of the text that lies in runs which stood in it before, 0 to 1; compared in normal form.

    A run is 4 words; in a text of under 16 words, or of a script that sets no spaces, 8 characters. The first time
    that a run stands in the text it does not count. Text shorter than a run gives 0.
    """
    return repeated_in(normal_form(text).split())


def repeated_in(units: Sequence[str]) -> float:
    """The same for the words of a text in normal form."""
    size = sum(map(len, units)) + max(0, len(units) - 1)
    if len(units) < FEW_WORDS or size > 30 * len(units):
        return _share(" ".join(units), CHARACTER_RUN)
    return _share(units, WORD_RUN)


def _share(units: Sequence[str], run: int) -> float:
    """By hashes of the runs: two of them are equal by chance once in 2 ** 64."""
    import numpy as np

    count = len(units) - run + 1
    if count < 2:
        return 0.0
    hashes = np.fromiter(map(hash, units), dtype=np.int64, count=len(units)).view(np.uint64)
    runs = np.zeros(count, dtype=np.uint64)
    for offset in range(run):
        runs *= np.uint64(_MULTIPLIER)
        runs += hashes[offset : offset + count]
        runs ^= runs >> np.uint64(29)
    order = runs.argsort(kind="stable")
    ordered = runs[order]
    # Of equal runs the order is that of the text, so that all but the first of them stood before.
    again = order[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return 0.0
    covered = np.zeros(len(units), dtype=bool)
    for offset in range(run):
        covered[again + offset] = True
    return int(np.count_nonzero(covered)) / len(units)
