"""A text that repeats itself is known by the share that it said before."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.text.repetition import repeated_share

PLAIN = "Goizean goiz jaiki eta amonak prestatutako gosaria hartu ondoren, errekara jaitsi ginen arrainak ikustera."


@given(text=st.text())
def test_the_share_is_between_nothing_and_all(text: str) -> None:
    assert 0 <= repeated_share(text) <= 1


@pytest.mark.parametrize("text", ["", "Kaixo!", PLAIN, "ごはんを食べてから、友だちと海へ行きました。"])
def test_plain_text_repeats_nothing(text: str) -> None:
    assert repeated_share(text) == 0


@pytest.mark.parametrize("text", ["bai " * 50, "ha" * 40, f"{PLAIN} " * 6, "食べる飲む" * 20])
def test_a_loop_is_nearly_all_repetition(text: str) -> None:
    assert repeated_share(text) > 0.8


def test_a_text_said_twice_is_half_repetition() -> None:
    text = " ".join(f"hitz{number}" for number in range(20))
    assert repeated_share(f"{text} {text}") == 0.5
