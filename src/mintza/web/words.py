"""The words of pages in a reader's language: gettext catalogues, read as they are. The only file of the room that knows Babel.

English is the source. What is stored is never a word of these.
"""

from __future__ import annotations

import gettext
import io
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal

SOURCE = "en"
# English, marked and from right to left: shows what is not translated and what does not turn round.
PSEUDO = "qps-plocm"


class Words:
    """One interface language. tag: BCP 47.  direction: of its writing.  name: as its speakers call it."""

    def __init__(self, tag: str, translations: gettext.NullTranslations, direction: Literal["ltr", "rtl"], name: str):
        self.tag = tag
        self.direction = direction
        self.name = name
        self.translations = translations

    def __call__(self, message: str) -> str:
        """The message in this language, or as it is."""
        return self.translations.gettext(message)

    def many(self, one: str, several: str, count: int) -> str:
        """The message for a number of things."""
        return self.translations.ngettext(one, several, count)


class _Marked(gettext.NullTranslations):
    """Every message between marks."""

    def gettext(self, message: str) -> str:
        return f"⟦{message}⟧"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return f"⟦{msgid1 if n == 1 else msgid2}⟧"


@lru_cache(maxsize=128)
def words_of(catalogues: Path, domain: str, tag: str) -> Words:
    """The words of an interface language; English where `catalogues` has no `TAG/LC_MESSAGES/DOMAIN.po`."""
    if tag == PSEUDO:
        return Words(tag, _Marked(), "rtl", "Pseudo")
    from babel import Locale, UnknownLocaleError

    translations = _catalogue(catalogues, domain, tag)
    try:
        locale = Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return Words(tag, translations, "ltr", tag)
    direction: Literal["ltr", "rtl"] = "rtl" if locale.text_direction == "rtl" else "ltr"
    name = locale.get_display_name() or tag
    return Words(tag, translations, direction, name[:1].upper() + name[1:])


def _catalogue(catalogues: Path, domain: str, tag: str) -> gettext.NullTranslations:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    path = catalogues / tag.replace("-", "_") / "LC_MESSAGES" / f"{domain}.po"
    if not path.is_file():
        return gettext.NullTranslations()
    compiled = io.BytesIO()
    with path.open("rb") as file:
        write_mo(compiled, read_po(file, locale=tag.replace("-", "_")))
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def chosen(offered: Sequence[str], asked: str | None, accepted: str) -> str:
    """The interface language: the one asked for, else the first that the browser's Accept-Language accepts, else the first."""
    if asked in offered:
        return str(asked)
    weighed = []
    for part in accepted[:500].split(","):
        tag, _, quality = part.partition(";")
        try:
            weight = float(quality.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        weighed.append((weight, tag.strip().lower()))
    for weight, tag in sorted(weighed, key=lambda pair: -pair[0]):
        for each in offered:
            if weight > 0 and (each.lower() == tag or each.lower() == tag.split("-")[0]):
                return each
    return offered[0]


def long_date(day: date, tag: str) -> str:
    """The day in words of a language, ISO 8601 for one that Babel does not know."""
    from babel import UnknownLocaleError
    from babel.dates import format_date

    try:
        said = format_date(day, format="long", locale=tag.replace("-", "_"))
        return _basque(said, day) if tag.partition("-")[0] == "eu" else said
    except (UnknownLocaleError, ValueError):
        return day.isoformat()


def _basque(said: str, day: date) -> str:
    """CLDR's `2026(e)ko azaroaren 30(a)` as it is written: the ending depends on the sound in which a number ends."""
    # Bat, bost, hamar, hamabost end in a consonant, by twenties, and so does ehun; hamaika has its a already.
    hundreds = day.year % 100 == 0 and day.year % 1000 != 0
    year = "eko" if hundreds or day.year % 20 in (1, 5, 10, 15) else "ko"
    return said.replace("(e)ko", year).replace("(a)", "" if day.day in (11, 31) else "a")
