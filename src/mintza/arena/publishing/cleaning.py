"""Personal data out of what people wrote: patterns, a reviewed list, and the name under which they take part."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path

from mintza.errors import BadInput
from mintza.text.personal import mask_personal

PLACEHOLDER = "<name>"
WHOLE_WORD = 4
"""Characters: shorter names are masked only where they stand alone; longer ones with whatever ending the language gives them."""


class Masks:
    """Names and phrases that are masked wherever they stand, whatever their case."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self.phrases = tuple(
            sorted({_nfc(phrase) for phrase in phrases if phrase}, key=lambda each: (-len(each), each))
        )
        self._pattern = _pattern(self.phrases)

    def cleaned(self, text: str, also: Sequence[str] = ()) -> tuple[str, dict[str, int]]:
        """The text without what tells who somebody is, and how often each kind stood in it. also: names of the one who wrote it."""
        masked = mask_personal(_nfc(text))
        text, names = masked.text, 0
        found: dict[str, int] = {}
        for kind, count in masked.found.items():
            found[kind] = count
        for pattern in (self._pattern, _pattern([_nfc(name) for name in also])):
            if pattern is not None:
                text, count = pattern.subn(PLACEHOLDER, text)
                names += count
        if names:
            found["name"] = names
        return text, found


def _nfc(text: str) -> str:
    """One way of writing a letter with its accent: models write either."""
    return unicodedata.normalize("NFC", text)


def _pattern(phrases: Sequence[str]) -> re.Pattern[str] | None:
    parts = [re.escape(each) + (r"(?!\w)" if len(each) < WHOLE_WORD else "") for each in phrases if len(each) > 1]
    return re.compile(r"(?<!\w)(?:" + "|".join(parts) + ")", re.IGNORECASE) if parts else None


def masks_of(file: Path | None) -> Masks:
    """The reviewed list: a name or phrase a line, `#` begins a remark. Raises BadInput when it cannot be read."""
    if file is None:
        return Masks(())
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(str(error), place=str(file), remedy="give a UTF-8 file in publishing.masks") from None
    return Masks(line.strip() for line in lines if not line.lstrip().startswith("#"))
