"""Words with letters of two scripts: damage of optical reading, of fonts and of disguise."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections.abc import Sequence

from mintza.text.scripts import UNICODE_NAMES
from mintza.text.unspaced import cut
from mintza.text.vocabulary import Column, OfVocabulary, Vocabulary

SHORT = 3

# First words of Unicode names of letters -> script; what is written together in one word is one. Other letters (signs of
# units, ordinals, mathematics, full width) belong to any script.
_WRITTEN_TOGETHER = {
    "HIRAGANA": "CJK",
    "KATAKANA": "CJK",
    "KATAKANA-HIRAGANA": "CJK",
    "BOPOMOFO": "CJK",
    "HANGUL": "CJK",
}
# Scripts with letters that look like Latin ones: a word of both may be a disguise.
_LIKE_LATIN = frozenset({"GREEK", "CYRILLIC", "COPTIC", "ARMENIAN", "CHEROKEE", "CANADIAN", "LISU"})
_SCRIPTS = {**{name: name for name in UNICODE_NAMES.values()}, **_WRITTEN_TOGETHER}


def mixed_words(text: str) -> tuple[int, int]:
    """How many words (runs of letters with their marks) have letters of two scripts, and how many words there are.

    Digits, marks and hyphens end no word's script: `IT-компания` is two words, `Δt` and other words of up to three letters are
    counted and never mixed, since units and formulas are written so. Nor are `בWindows` and `LibreOfficeის`, where what stands
    before or after a foreign name is of a script that has no letters like Latin ones. A script that is written without spaces
    begins a word of its own: `LibreOfficeの文書` is two.
    """
    return Vocabulary().columns(MixedWords).of(text)


class MixedWords(OfVocabulary):
    """The same for many texts, whose stretches without white space are looked up."""

    def of(self, text: str) -> tuple[int, int]:
        """As `mixed_words` says."""
        mixed = count = 0
        for numbers in self.pieces(text):
            found = self._counted.of(numbers).sum(axis=0).tolist()
            mixed, count = mixed + found[0], count + found[1]
        return mixed, count

    def forget(self) -> None:
        self._counted = Column("i8", 2)

    def meet(self, words: Sequence[str]) -> None:
        self._counted.extend([_counted(word) for word in words])


def _counted(stretch: str) -> tuple[int, int]:
    """Of a stretch without white space: how many of its words are mixed, and how many it has."""
    if stretch.isascii() and stretch.isalpha():
        return 0, 1
    words = cut(stretch.translate(_LETTERS)).split()
    return sum(not word.isascii() and _is_mixed(word) for word in words), len(words)


class _Letters(dict[int, int]):
    """Code point to itself when it is a letter or mark, else to a space; filled as characters are met."""

    def __missing__(self, point: int) -> int:
        self[point] = point if unicodedata.category(chr(point))[0] in "LM" else 0x20
        return self[point]


_LETTERS = _Letters()


@functools.lru_cache(maxsize=100_000)
def _is_mixed(word: str) -> bool:
    if sum(map(str.isalpha, word)) <= SHORT or len(found := _scripts_of(frozenset(word))) == 1:
        return False
    if "LATIN" not in found or found & _LIKE_LATIN:
        return len(found) > 1
    stretches = [script for script, _ in itertools.groupby(filter(None, map(_script, word)))]
    return len(stretches) > 2


def _scripts_of(characters: frozenset[str]) -> set[str]:
    return {script for character in characters if (script := _script(character))}


@functools.lru_cache(maxsize=20_000)
def _script(character: str) -> str:
    """The script of a letter; empty for what belongs to any."""
    if not character.isalpha():
        return ""
    return _SCRIPTS.get(unicodedata.name(character, "?").partition(" ")[0], "")
