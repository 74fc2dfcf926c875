"""An identifier in a file enters every key of its language by its content, wherever it lies."""

from __future__ import annotations

import msgspec

from fakes import language
from mintza.pipeline.conversations import plain
from mintza.records import IdentifierFile, Variety

ONE = IdentifierFile(kind="ngrams", file="/here/xyz.identifier", sha256="aa", label="xyz_Latn")
LANGUAGE = msgspec.structs.replace(language("xyz_Latn", None), models=(ONE,))


def test_where_an_identifier_lies_bears_on_no_key_and_what_it_is_and_does_bears() -> None:
    def keyed(**changed: str) -> object:
        return plain(msgspec.structs.replace(LANGUAGE, models=(msgspec.structs.replace(ONE, **changed),)))

    assert keyed(file="/elsewhere/other.identifier") == plain(LANGUAGE)
    assert keyed(sha256="bb") != plain(LANGUAGE)
    assert keyed(role="vote") != plain(LANGUAGE)


def test_varieties_bear_on_the_keys_of_their_language() -> None:
    told = msgspec.structs.replace(LANGUAGE, varieties=(Variety(name="old", words=("thou",)),))
    assert plain(told) != plain(LANGUAGE)
