"""The script of a text, and of a language."""

from __future__ import annotations

import unicodedata

import pytest

from mintza.text.scripts import UNICODE_NAMES, dominant_script, may_be, share_in_script_of


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("syc_Syrc", "ܥܘܙܝܐ ܐܘܠܕ ܠܝܘܬܡ"),
        ("cop_Copt", "ⲀⲤⲀⲪ ⲆⲈ ⲀϤϪⲪⲈ ⲒⲰⲤⲀⲪⲀⲦ"),
        ("div_Thaa", "ދިވެހި ބަސް"),
        ("nqo_Nkoo", "ߒߞߏ ߞߊ߲"),
        ("sat_Olck", "ᱥᱟᱱᱛᱟᱲᱤ ᱯᱟᱹᱨᱥᱤ"),
        ("iii_Yiii", "ꆈꌠꉙ"),
    ],
)
def test_a_script_of_few_languages_is_known_too(code: str, text: str) -> None:
    assert may_be(code, dominant_script(text))
    assert share_in_script_of(code, text) > 0.5
    assert not may_be("eus_Latn", dominant_script(text))
    assert not may_be(code, "LATIN")


def test_every_name_is_the_first_word_of_the_names_of_letters() -> None:
    first = {unicodedata.name(chr(point), "").partition(" ")[0] for point in range(0x20000) if chr(point).isalpha()}
    assert set(UNICODE_NAMES.values()) <= first
