"""The words of the pages in a reader's language. English is the source.

What is stored is never a word of these: a vote is `a`, `tie` or `b` in every language.
"""

from __future__ import annotations

from pathlib import Path

from mintza.web.words import PSEUDO, SOURCE, Words, chosen, long_date, words_of

__all__ = ["LOCALE", "PSEUDO", "SOURCE", "Words", "chosen", "long_date", "words"]
LOCALE = Path(__file__).parent / "locale"


def words(tag: str) -> Words:
    """The words of an interface language; English where there is no catalogue of it."""
    return words_of(LOCALE, "arena", tag)
