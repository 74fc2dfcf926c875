"""How much of a text says again what it said: models that derail repeat themselves."""

from __future__ import annotations

from collections.abc import Sequence

from mintza.text.normal import normal_form

FEW_WORDS = 16
WORD_RUN = 4
CHARACTER_RUN = 8


def repeated_share(text: str) -> float:
    """Share of the text that lies in runs which stood in it before, 0 to 1; compared in normal form.

    A run is 4 words; in a text of under 16 words, or of a script that sets no spaces, 8 characters. The first time
    that a run stands in the text it does not count. Text shorter than a run gives 0.
    """
    normal = normal_form(text)
    units = normal.split()
    if len(units) < FEW_WORDS or len(normal) > 30 * len(units):
        return _share(normal, CHARACTER_RUN)
    return _share(units, WORD_RUN)


def _share(units: Sequence[str], run: int) -> float:
    seen: set[tuple[str, ...]] = set()
    covered = 0
    reached = 0
    for start in range(len(units) - run + 1):
        window = tuple(units[start : start + run])
        if window in seen:
            covered += start + run - max(start, reached)
            reached = start + run
        seen.add(window)
    return covered / len(units) if units else 0.0
