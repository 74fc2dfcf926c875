"""Which script a text is in: an identifier that is asked among Latin languages must not be asked of Cyrillic."""

from __future__ import annotations

import functools
import itertools
import unicodedata
from collections import Counter

_SAMPLE = 400

# ISO 15924 code to the first word of the Unicode names of its letters. A script that is not here is not checked.
UNICODE_NAMES = {
    "Adlm": "ADLAM",
    "Arab": "ARABIC",
    "Armn": "ARMENIAN",
    "Bali": "BALINESE",
    "Beng": "BENGALI",
    "Bugi": "BUGINESE",
    "Cakm": "CHAKMA",
    "Cans": "CANADIAN",
    "Cham": "CHAM",
    "Cher": "CHEROKEE",
    "Copt": "COPTIC",
    "Cyrl": "CYRILLIC",
    "Deva": "DEVANAGARI",
    "Ethi": "ETHIOPIC",
    "Geor": "GEORGIAN",
    "Grek": "GREEK",
    "Gujr": "GUJARATI",
    "Guru": "GURMUKHI",
    "Hang": "HANGUL",
    "Hans": "CJK",
    "Hant": "CJK",
    "Hebr": "HEBREW",
    "Java": "JAVANESE",
    "Khmr": "KHMER",
    "Knda": "KANNADA",
    "Laoo": "LAO",
    "Latn": "LATIN",
    "Lepc": "LEPCHA",
    "Limb": "LIMBU",
    "Lisu": "LISU",
    "Mlym": "MALAYALAM",
    "Mong": "MONGOLIAN",
    "Mtei": "MEETEI",
    "Mymr": "MYANMAR",
    "Nkoo": "NKO",
    "Olck": "OL",
    "Orya": "ORIYA",
    "Rohg": "HANIFI",
    "Sinh": "SINHALA",
    "Sund": "SUNDANESE",
    "Syrc": "SYRIAC",
    "Taml": "TAMIL",
    "Telu": "TELUGU",
    "Tfng": "TIFINAGH",
    "Thaa": "THAANA",
    "Thai": "THAI",
    "Tibt": "TIBETAN",
    "Vaii": "VAI",
    "Yiii": "YI",
}


def dominant_script(text: str) -> str:
    """First word of the Unicode name of most of the first 400 letters (`LATIN`); empty when there is no letter."""
    letters = filter(str.isalpha, text)
    if text.isascii():
        return "LATIN" if next(letters, "") else ""
    # Each letter's name once: a text has some dozen different ones.
    seen: Counter[str] = Counter()
    for character, count in Counter(itertools.islice(letters, _SAMPLE)).items():
        seen[_script(character)] += count
    return min(seen, key=lambda name: (-seen[name], name)) if seen else ""


def may_be(code: str, script: str) -> bool:
    """Whether a text in this script (as dominant_script says) can be of the language; True for scripts not listed."""
    expected = UNICODE_NAMES.get(code.rpartition("_")[2])
    return expected is None or expected == script


def share_in_script_of(code: str, text: str) -> float:
    """Share of the first 400 letters that are of the language's script, 0 to 1; 0 for scripts not listed or no letter."""
    expected = UNICODE_NAMES.get(code.rpartition("_")[2])
    sample = "".join(itertools.islice(filter(str.isalpha, text), _SAMPLE))
    return sum(_script(character) == expected for character in sample) / len(sample) if sample else 0.0


@functools.lru_cache(maxsize=20_000)
def _script(character: str) -> str:
    return unicodedata.name(character, "?").partition(" ")[0]
