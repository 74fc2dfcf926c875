"""Pseudonyms: what may be one, and when two are the same to the eye."""

from __future__ import annotations

import unicodedata

from mintza.arena.refusals import Refused

SHORTEST, LONGEST = 2, 30
# Latin letters that Cyrillic and Greek ones look like (Unicode's confusables, the part that names are forged with).
_LOOKS_LIKE = str.maketrans("аеорсухіјѕԁһкмтвнαονρτυικ", "aeopcyxijsdhkmtbhaovptuik")
_BETWEEN = " -_.'’·"
# Letters and marks that are not seen (Unicode's Default_Ignorable_Code_Point, as far as they are letters or marks): with one of them
# a name is another, and looks the same.
_UNSEEN = {*map(chr, (0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0))} | {
    chr(point)
    for first, last in ((0x180B, 0x180F), (0xFE00, 0xFE0F), (0xE0100, 0xE01EF))
    for point in range(first, last + 1)
}


def cleaned(name: str) -> str:
    """The name as it is kept: NFC, single spaces. Raises Refused when it cannot be a name.

    Letters, marks, digits and `- _ . '` between them; no invisible, directional or private characters; no more than two marks in a row.
    """
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not SHORTEST <= len(name) <= LONGEST:
        raise Refused("name_length", 422)
    marks = 0
    for character in name:
        category = unicodedata.category(character)
        marks = marks + 1 if category.startswith("M") else 0
        if marks > 2 or character in _UNSEEN or not (category[0] in "LM" or category == "Nd" or character in _BETWEEN):
            raise Refused("name_characters", 422)
    if not any(unicodedata.category(character)[0] == "L" for character in name):
        raise Refused("name_characters", 422)
    return name


def key_of(name: str) -> str:
    """The same for names that the eye takes for one another: case, compatibility forms, accents, look-alikes, punctuation."""
    folded = unicodedata.normalize("NFKD", name.casefold()).translate(_LOOKS_LIKE)
    letters = "".join(c for c in folded if unicodedata.category(c)[0] in "LN")
    return unicodedata.normalize("NFKC", letters.casefold())
