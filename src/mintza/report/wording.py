"""The fixed words of the page in the study's languages: English is the source, the others are catalogues beside it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import yaml

CATALOGUES = Path(__file__).parent / "catalogues"
SOURCE = "eng_Latn"
TAGS = {"eng_Latn": "en", "eus_Latn": "eu", "spa_Latn": "es"}


class Words:
    """Fixed sentences in a language: called with the English, it gives the language's own, and the English where it has none."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.tag = TAGS[language]
        self._catalogue = {} if language == SOURCE else catalogue(language)

    def __call__(self, english: str, **values: object) -> str:
        """The sentence, with `{name}` filled in."""
        said = self._catalogue.get(english, english)
        return said.format(**values) if values else said


@cache
def catalogue(language: str) -> dict[str, str]:
    """English -> the language's own."""
    found: dict[str, str] = yaml.safe_load((CATALOGUES / f"{language}.yaml").read_text(encoding="utf-8"))
    return found
