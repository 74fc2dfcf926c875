"""Varieties by their forms, and text that was decoded wrongly."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.languages import load
from mintza.records import Variety
from mintza.text.mojibake import repaired
from mintza.text.varieties import Varieties

# An orthography by its letters, another by words.
TWO = (Variety(name="old", patterns=("th", "ph")), Variety(name="new", words=("filosofia", "teatro")))


def test_the_variety_whose_forms_are_more_is_named() -> None:
    varieties = Varieties(TWO)
    assert varieties.of("A philosophia e o theatro da pharmacia.") == "old"
    assert varieties.of("A filosofia. O TEATRO!") == "new"


@pytest.mark.parametrize(
    "text", ["", "Um teatro.", "filosofia theatro teatro pharmacia"], ids=["nothing", "one form", "as many of each"]
)
def test_what_does_not_show_is_not_named(text: str) -> None:
    assert Varieties(TWO).of(text) == ""


def test_basque_of_bizkaia_is_told_from_the_standard_by_its_verbs() -> None:
    varieties = Varieties(load("eus_Latn").varieties)
    assert (
        varieties.of("Liburua irakurri dot, eta gustatu jat. Lagunari emon deutsat, berak be ikusi dau.") == "bizkaiera"
    )
    assert varieties.of("Liburua irakurri dut, eta gustatu zait. Lagunari eman diot, berak ere ikusi du.") == "batua"
    assert varieties.of("Etxea handia da.") == ""


@pytest.mark.parametrize("wrong", ["cp1252", "latin-1"])
@pytest.mark.parametrize(
    "text", ["El niño soñó con una montaña y una cigüeña.", "A fájlt később újra megnyithatja.", "Le garçon a été là."]
)
def test_a_line_that_was_decoded_wrongly_is_decoded_again(text: str, wrong: str) -> None:
    # Latin-1 leaves control characters, among them the one that other tools take for a line end.
    broken = text.encode().decode(wrong, "replace")
    assert "\ufffd" not in broken
    assert repaired(f"Ondo dago.\n{broken}\n{text}") == (f"Ondo dago.\n{text}\n{text}", (2,))


@pytest.mark.parametrize(
    "text", ["CAFÉ…", "“CAFÉ”", "Voilà – c’est ça…", "año ñ Ñandú", "Ελληνικά", "Привет", "ﬁn “ok” №"]
)
def test_what_is_right_stays_to_the_byte(text: str) -> None:
    assert repaired(text) == (text, ())


@settings(max_examples=100, deadline=None)
@given(text=st.text(alphabet=st.characters(codec="ascii")))
def test_ascii_stays(text: str) -> None:
    assert repaired(text) == (text, ())
