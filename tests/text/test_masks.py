"""What is masked comes back, all of it, or the text is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text.masks import mask, restore, without_code

PARTS = st.sampled_from(
    [
        "```py\nx\n```",
        "`a b`",
        "$x^2$",
        r"\(y\)",
        "https://a.eus/b?c=1.",
        "i@b.eus",
        "%s",
        "{izena}",
        "⟦0⟧",
        "⟦ 7 ⟧",
        "12",
    ]
)
TEXTS = st.lists(st.one_of(PARTS, st.text(max_size=12), st.text(alphabet="⟦⟧0$`%{}\\ \n", max_size=8)), max_size=8)


@given(parts=TEXTS)
def test_what_is_masked_comes_back_as_it_was(parts: list[str]) -> None:
    text = "".join(parts)
    masked = mask(text)
    assert restore(masked.text, masked.pieces) == text


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("Ikusi https://mintza.eus/gida.", ("https://mintza.eus/gida",)),
        ("Idatzi ama@etxea.eus helbidera", ("ama@etxea.eus",)),
        ("Exekutatu `make demo` orain", ("`make demo`",)),
        ("```\nkodea\n``` eta kito", ("```\nkodea\n```",)),
        ("$a^2 + b^2$ da", ("$a^2 + b^2$",)),
        ("$5 edo $6 balio du", ("5", "6")),
        ("%s fitxategi, %(guztira)d guztira, {izena}, ${bidea}", ("%s", "%(guztira)d", "{izena}", "${bidea}")),
        ("1936an 3,5 % izan zen", ("1936", "3,5")),
        ("% 3,5 edo %3,5 edo 50%", ("3,5", "%3,5", "50")),
        ("MP3 eta H2O", ()),
    ],
)
def test_each_kind_is_put_away_whole(text: str, pieces: tuple[str, ...]) -> None:
    assert mask(text).pieces == pieces


def test_pieces_come_back_in_the_order_of_the_translation() -> None:
    assert restore("⟦1⟧ eta ⟦ 0 ⟧", ("bat", "bi")) == "bi eta bat"


@pytest.mark.parametrize("text", ["⟦0⟧", "⟦0⟧ ⟦0⟧ ⟦1⟧", "⟦0⟧ ⟦1⟧ ⟦2⟧", "bat ere ez"])
def test_a_missing_doubled_or_new_placeholder_is_refused(text: str) -> None:
    assert restore(text, ("a", "b")) is None


def test_code_that_is_never_closed_reaches_to_the_end() -> None:
    assert without_code("Begira:\n```\nx = 1").strip() == "Begira:"
