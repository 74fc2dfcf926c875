"""What is known of a language that has no folder: names, and what the identifiers call it. For a folder to start from."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import yaml

_TABLE = Path(__file__).parent / "names.yaml"
# What ends a sentence beside the Latin signs, by script. Thai and Lao have no such sign: whoever fills the folder in must think.
_ENDS = {
    "Arab": "؟۔",
    "Armn": "։",
    "Beng": "।॥",
    "Deva": "।॥",
    "Ethi": "።፧",
    "Grek": ";",
    "Gujr": "।॥",
    "Guru": "।॥",
    "Hans": "。！？",
    "Hant": "。！？",
    "Jpan": "。！？",
    "Khmr": "។៕",
    "Kore": "。！？",
    "Mymr": "။",
    "Orya": "।॥",
    "Tibt": "།",
}
_RIGHT_TO_LEFT = ("Arab", "Hebr", "Thaa", "Syrc", "Nkoo", "Adlm")


@cache
def _table() -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = yaml.load(_TABLE.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return found


class Named(NamedTuple):
    """bcp47, name, endonym: None where nobody says.  pycld2, py3langid: how each identifier calls it, None when it does not know it.

    ends: characters that end a sentence in its script beside `.!?…`.  direction: `ltr` or `rtl`.
    """

    bcp47: str | None
    name: str | None
    endonym: str | None
    pycld2: str | None
    py3langid: str | None
    ends: str
    direction: str


def codes_of(word: str) -> list[str]:
    """Codes of the languages that somebody may mean by a word: a name, an endonym, a code of two or three letters, of any case."""
    meant = word.casefold()
    language = meant.partition("_")[0].partition("-")[0]
    return [
        code
        for code, (bcp47, name, endonym, *_) in _table().items()
        if meant in {(one or "").casefold() for one in (code, name, endonym)}
        or language in (bcp47, code.partition("_")[0])
    ]


def named(code: str) -> Named:
    """What is known of a language by its code, `kat_Geor`.

    In a script that is not its usual one it has its names all the same, and no identifier: they learned from the usual one.
    """
    table = _table()
    language, _, script = code.partition("_")
    other = next((row for known, row in table.items() if known.startswith(f"{language}_")), [None] * 5)
    bcp47, name, endonym, *identifiers = table.get(code, [*other[:3], None, None])
    return Named(
        bcp47=bcp47,
        name=name,
        endonym=endonym if code in table else None,
        pycld2=identifiers[0],
        py3langid=identifiers[1],
        ends=_ENDS.get(script, ""),
        direction="rtl" if script in _RIGHT_TO_LEFT else "ltr",
    )
