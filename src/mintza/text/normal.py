"""The forms of a text: NFC, its paragraphs, its words, and the one form in which texts are compared."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mintza.text.remembered import OfWords

_APOSTROPHES = str.maketrans(dict.fromkeys("’‘ʼ＇`´", "'"))
_NO_ASCII_LETTERS = bytes(byte for byte in range(256) if not bytes([byte]).isalpha())
_PIECE = 1 << 20
_SPACE = re.compile(r"\s")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")
_NON_JOINER = 0x200C


def nfc(text: str) -> str:
    """The text in Unicode normal form C: an n with a tilde is one character, and still no n."""
    return unicodedata.normalize("NFC", text)


def well_formed(text: str) -> str:
    """The text with halves of surrogate pairs joined, or replaced where they stand alone: they cannot be written as UTF-8."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def paragraphs(text: str) -> list[str]:
    """The paragraphs in order: what stands between blank lines (empty or white space only). None of them is empty."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    every = text.split("\n")
    if not any(map(str.isspace, every)):
        # All blank lines are empty, as in most texts: whole paragraphs are cut, and no line is looked at.
        return [paragraph for one in text.split("\n\n") if (paragraph := one.strip())]
    found: list[str] = []
    lines: list[str] = []
    for line in every:
        if line.strip():
            lines.append(line)
        elif lines:
            found.append("\n".join(lines).strip())
            lines = []
    if lines:
        found.append("\n".join(lines).strip())
    return found


def pieces(text: str) -> Iterator[str]:
    """The text in pieces of about a million characters, cut at white space, so that its words are never held all at once."""
    start = 0
    while len(text) - start > _PIECE and (space := _SPACE.search(text, start + _PIECE)):
        yield text[start : space.start()]
        start = space.start()
    yield text[start:] if start else text


def words(text: str) -> list[str]:
    """What stands between white space: the unit of all limits, since tokens of one text differ fourfold between languages."""
    return text.split()


def letters(text: str) -> int:
    """How many letters the text has."""
    count = len(text.encode("utf-8", "surrogatepass").translate(None, _NO_ASCII_LETTERS))
    return count if text.isascii() else count + sum(map(str.isalpha, "".join(_BEYOND_ASCII.findall(text))))


def plain(text: str) -> str:
    """Case folded, straight apostrophes, single spaces: phrases are looked for in this form."""
    return " ".join(text.translate(_APOSTROPHES).casefold().split())


def never_seen(character: str) -> bool:
    """Whether it is a format character (a space without width, a joiner, a mark of direction) that says nothing.

    The non-joiner is none: Persian writes it or a space, so it stays a place where a word is cut.
    """
    return unicodedata.category(character) == "Cf" and ord(character) != _NON_JOINER


class _Kept(dict[int, int | None]):
    """Code point to itself when it is a letter, mark or digit, to nothing when it is never seen, else to a space; filled as
    characters are met."""

    def __missing__(self, point: int) -> int | None:
        kept = unicodedata.category(chr(point))[0] in "LMN"
        self[point] = point if kept else None if never_seen(chr(point)) else 0x20
        return self[point]


_KEPT = _Kept()


def normal_form(text: str) -> str:
    """NFC, case folded, letters (with their marks) and digits only, single spaces: equal for texts that say the same.

    Case is folded, not lowered (a final sigma matches), and no diacritic is dropped. What is never seen (spaces without width
    between Khmer or Thai words, marks of direction) makes no difference. Applied twice it gives the same.
    """
    # Word by word, since nothing composes, folds or reorders across white space.
    return " ".join(filter(None, map(_NORMAL.__getitem__, text.split())))


def _normal_word(word: str) -> str:
    if word.isascii() and word.isalnum():
        return word.lower()
    folded = nfc(nfc(word).casefold())
    return nfc(" ".join(folded.translate(_KEPT).split()))


_NORMAL = OfWords(_normal_word)
