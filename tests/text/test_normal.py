"""The forms of a text."""

from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from mintza.text.normal import letters, nfc, normal_form, paragraphs, words


def test_paragraphs_stand_between_lines_that_are_blank_or_only_white() -> None:
    assert paragraphs("\n\nbat\nbi\n \t\nhiru\r\n\r\nlau\n") == ["bat\nbi", "hiru", "lau"]
    assert paragraphs(" \n\n ") == []


def test_the_normal_form_joins_what_says_the_same() -> None:
    assert normal_form("Kaixo,  MUNDUA!\n(42)") == "kaixo mundua 42"
    assert normal_form("ΛΌΓΟΣ λόγος") == "λόγοσ λόγοσ"
    assert normal_form("n\u0303") == normal_form("Ñ")


def test_what_is_never_seen_makes_no_difference_to_the_normal_form() -> None:
    khmer = "ជ្រើស\u200bអនុគមន៍\u200b\u200bមួយ"
    assert normal_form(khmer) == normal_form(khmer.replace("\u200b", "")) == "ជ្រើសអនុគមន៍មួយ"
    assert normal_form("של\u200fום\u2069 \u200b") == "שלום"
    assert normal_form("می\u200cخواهم") == normal_form("می خواهم")


def test_the_normal_form_keeps_what_differs() -> None:
    assert normal_form("ano") != normal_form("año")
    assert normal_form("किताब") == "किताब"


@given(text=st.text())
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once
    assert once == " ".join(once.split())


@given(text=st.text())
def test_paragraphs_lose_nothing_but_white_space(text: str) -> None:
    parts = paragraphs(text)
    assert all(part and part == part.strip() for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(text=st.text())
def test_nfc_is_what_unicode_says(text: str) -> None:
    assert unicodedata.is_normalized("NFC", nfc(text))


def test_words_and_letters_are_counted_plainly() -> None:
    assert words(" bat  bi\n") == ["bat", "bi"]
    assert letters("bat 2, hiru") == 7
