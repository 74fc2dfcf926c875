"""Labels beside an axis: folded into two lines where they would take the width that the numbers need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

LONGEST = 50
ONE_LINE = 20
"""Characters that stand on one line; what is longer is folded."""
WIDE = 22
"""Characters of a line beyond which all labels are set smaller."""
LARGE, SMALL = 6.5, 5.0
"""Points."""
LINE = 1.2 / 72
"""Inches a line takes for each point of its letters."""
AFTER = " +._-/"
BETTER = " ."


@dataclass(frozen=True)
class Labels:
    """lines: each label, folded.  size: of the letters, in points."""

    lines: tuple[str, ...]
    size: float

    @property
    def row(self) -> float:
        """Inches that the tallest label needs."""
        return max((1 + line.count("\n") for line in self.lines), default=1) * self.size * LINE


def labels(texts: Sequence[str], *, large: float = LARGE) -> Labels:
    """Fold what is longer than a line; where a line is still wide, all are set in small letters. large: points of the others."""
    lines = tuple(folded(short(text)) for text in texts)
    wide = any(len(part) > WIDE for line in lines for part in line.split("\n"))
    return Labels(lines, min(large, SMALL) if wide else large)


def folded(text: str) -> str:
    """Two lines, broken behind a space or a sign of joining; one line where it is short.

    As even as the text allows, and rather behind a space or a full stop, which part a backbone from what it was taught.
    """
    if len(text) <= ONE_LINE:
        return text
    places = [place + 1 for place, sign in enumerate(text[:-1]) if sign in AFTER] or [len(text) // 2]
    best = min(places, key=lambda place: max(place, len(text) - place) + (0 if text[place - 1] in BETTER else 4))
    return f"{text[:best].rstrip(' ')}\n{text[best:]}"


def short(text: str) -> str:
    """Cut where it is too long for a figure."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
