"""Filter `normalise`: NFC, one kind of line end, no control characters, paragraphs separated by an empty line."""

from __future__ import annotations

import re
import unicodedata

import msgspec

from mintza.corpus.filter_settings import NormaliseFilterSettings
from mintza.corpus.filters.shapes import Edited
from mintza.records import Document, Step, Verdict
from mintza.text.mojibake import repaired
from mintza.text.normal import nfc, paragraphs
from mintza.text.verdicts import dropped

STEP = "normalise"
_LINE_ENDS = "\r\v\f\x85\u2028\u2029"
# The byte order mark, the soft hyphen (it cuts words in two) and noncharacters go with the control characters; the
# joiners U+200C and U+200D stay, because Persian and the scripts of India write with them.
_NONCHARACTERS = [
    *range(0xFDD0, 0xFDF0),
    *(plane | low for plane in range(0, 0x110000, 0x10000) for low in (0xFFFE, 0xFFFF)),
]
_CONTROL = [point for point in range(0xA0) if unicodedata.category(chr(point)) == "Cc" and chr(point) not in "\n\t"]
_CLEANED: dict[int, str | None] = {
    **dict.fromkeys([*_CONTROL, *_NONCHARACTERS, 0xFEFF, 0xAD]),
    **{ord(end): "\n" for end in _LINE_ENDS},
}
# Khmer, Thai and Burmese are often written with a space without width between words; two of them, or one beside white space,
# say no more than one or none.
_ZERO_WIDTH = "\u200b"
_AMONG_SPACES = re.compile(r"(?:^|(?<=\s))\u200b+|\u200b+(?=\s|$)")
_SEVERAL = re.compile(r"\u200b{2,}")


class Normalise:
    """Brings a text into the form that a Document promises."""

    def __init__(self, settings: NormaliseFilterSettings | None = None) -> None:
        self._repairs = settings is not None and settings.repair_mojibake

    def edit(self, document: Document) -> Edited:
        """The text cleaned. With repairs a kept verdict for each line that was decoded again; none quotes it."""
        if not self._repairs:
            return self._cleaned(document)
        again = repaired(document.text)
        if not again.lines:
            return self._cleaned(document)
        steps = (*document.provenance.steps, Step(done="mojibake repaired", by="ftfy"))
        provenance = msgspec.structs.replace(document.provenance, steps=steps)
        edited = self._cleaned(msgspec.structs.replace(document, text=again.text, provenance=provenance))
        return Edited(edited.document, (*(_repair(document.id, line) for line in again.lines), *edited.verdicts))

    def _cleaned(self, document: Document) -> Edited:
        text = clean(document.text)
        if text and text == document.text:
            return Edited(document)
        if not text:
            return Edited(
                None, (dropped(document.id, STEP, "nothing but white space and control characters", unit="document"),)
            )
        if text == "\n\n".join(paragraphs(document.text)):
            return Edited(msgspec.structs.replace(document, text=text))
        steps = (*document.provenance.steps, Step(done="normalised"))
        provenance = msgspec.structs.replace(document.provenance, steps=steps)
        return Edited(msgspec.structs.replace(document, text=text, provenance=provenance))


def _repair(name: str, line: int) -> Verdict:
    return Verdict(record_id=f"{name}#{line}", unit="line", step=STEP, kept=True, reason="mojibake repaired")


def clean(text: str) -> str:
    """The text in NFC without control characters, lines without white space at their ends, paragraphs joined by an empty line."""
    text = text.replace("\r\n", "\n")
    # What is cleaned away cannot be printed; asking so is ten times as fast as looking every character up.
    if not text.replace("\n", "").replace("\t", "").isprintable():
        text = text.translate(_CLEANED)
        if _ZERO_WIDTH in text:
            text = _SEVERAL.sub(_ZERO_WIDTH, _AMONG_SPACES.sub("", text))
    lines = "\n".join(map(str.rstrip, nfc(text).split("\n")))
    return "\n\n".join(paragraphs(lines))
