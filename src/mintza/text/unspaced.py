"""Scripts that put no space between words: how many words such a text has, and what is compared of it."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mintza.text.vocabulary import Column, OfVocabulary, Vocabulary

# A word of Chinese or Japanese has some two characters, one of Thai, Lao, Khmer, Burmese or Tibetan some five with its marks:
# a convention, so that limits and budgets mean about the same everywhere. Nobody divides such a text surely.
_SHORT, _LONG = 2, 5
_HAN_AND_KANA = "\u3041-\u3096\u30a1-\u30fa\u30fc\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9f\U00020000-\U000323af"
_SOUTH_EAST = "\u0e01-\u0e3a\u0e40-\u0e5b\u0e81-\u0edf\u0f00-\u0fbc\u1000-\u109f\u1780-\u17dd\uaa60-\uaa7f"
_SIGNS = "\u3000-\u303f\u30fb\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65"
_UNSPACED = re.compile(f"[{_HAN_AND_KANA}{_SOUTH_EAST}]")
_RUN = re.compile(f"[{_HAN_AND_KANA}{_SOUTH_EAST}]+")
_FIRST = re.compile(f"[{_HAN_AND_KANA}]+")
_SECOND = re.compile(f"[{_SOUTH_EAST}]+")
# First bytes in UTF-8 of all characters from U+0800 on, but for the punctuation of U+2000 to U+2FFF, which stands in all scripts.
_SPACED_BYTES = bytes(byte for byte in range(256) if byte < 0xE0 or byte == 0xE2)
_OTHER = re.compile(f"[{_HAN_AND_KANA}{_SOUTH_EAST}{_SIGNS}]+")
_UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060))


def count_words(text: str, vocabulary: Vocabulary | None = None) -> int:
    """What stands between white space, or in scripts without it every two characters (Han, kana) or five (Thai, Khmer, ...).

    vocabulary: in which others look the same text up.
    """
    if vocabulary is not None:
        count, some = vocabulary.columns(_Unspaced).of(text)
        return _counted(text) if some else count
    return _counted(text) if _has_some(text) else len(text.split())


def _counted(text: str) -> int:
    """Of a text that has some of such a script. Spaces without width, which some write between its words, count for nothing."""
    text = text.translate(_UNSEEN)
    short, long = (sum(map(len, found.findall(text))) for found in (_FIRST, _SECOND))
    return len(_OTHER.sub(" ", text).split()) + -(-short // _SHORT) + -(-long // _LONG)


def has_words(text: str, count: int) -> bool:
    """Whether the text has at least so many words, as `count_words` counts them; of a long one only the beginning is looked at."""
    if count <= 0:
        return True
    if not _has_some(text):
        return len(text.split(None, count - 1)) >= count
    return count_words(text) >= count


def apart(text: str) -> str:
    """The text with each character of such a script by itself, between spaces; other text as it is."""
    if not _has_some(text):
        return text
    return _UNSPACED.sub(r" \g<0> ", text)


def cut(text: str) -> str:
    """The text with spaces around each stretch of such a script: where it meets another, nobody wrote one word of both."""
    if not _has_some(text):
        return text
    return _RUN.sub(r" \g<0> ", text)


def _has_some(text: str) -> bool:
    """Whether any character is of such a script; ten times as fast as asking so where none is, as in nearly all texts."""
    if text.isascii() or not text.encode("utf-8", "surrogatepass").translate(None, _SPACED_BYTES):
        return False
    return _UNSPACED.search(text) is not None


def share_unspaced(text: str) -> float:
    """Share of the characters, but white space, that are of such a script, 0 to 1."""
    whole = sum(map(len, text.split()))
    return sum(map(len, _UNSPACED.findall(text))) / whole if whole else 0.0


class _Unspaced(OfVocabulary):
    """Which words have a character of such a script."""

    def of(self, text: str) -> tuple[int, bool]:
        """How many words there are between white space, and whether any has one."""
        count, some = 0, False
        for numbers in self.pieces(text):
            count, some = count + len(numbers), some or bool(self._have.of(numbers).any())
        return count, some

    def forget(self) -> None:
        self._have = Column("?")

    def meet(self, words: Sequence[str]) -> None:
        self._have.extend([not word.isascii() and _UNSPACED.search(word) is not None for word in words])
