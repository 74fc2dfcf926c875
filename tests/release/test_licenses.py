"""What may be given away under which terms: cases that people meet."""

import pytest

from mintza.release.licenses import (
    Ingredient,
    conflicts_of_model,
    conflicts_of_text,
    hub_id,
    notices,
    shared_alike,
    terms_of,
)

FREE = Ingredient("the source stories", "CC0-1.0")
WIKI = Ingredient("the source wikipedia", "CC-BY-SA-4.0")
NEWS = Ingredient("the source news", "CC-BY-NC-4.0")
POEMS = Ingredient("the source poems", "CC-BY-ND-4.0")
ODD = Ingredient("the source odd", "ask my uncle")
LLAMA = Ingredient("the backbone llama", "llama3.1")
GEMMA = Ingredient("the backbone gemma", "gemma")
SMOL = Ingredient("the backbone smollm2", "Apache-2.0")


@pytest.mark.parametrize(
    ("source", "wanted", "word"),
    [
        (FREE, "CC-BY-4.0", None),
        (WIKI, "CC-BY-SA-4.0", None),
        (WIKI, "CC-BY-4.0", "CC-BY-SA-4.0"),
        (NEWS, "CC-BY-4.0", "CC-BY-NC-4.0"),
        (NEWS, "CC-BY-NC-4.0", None),
        (POEMS, "CC-BY-ND-4.0", "changed work"),
        (ODD, "CC-BY-4.0", "ask my uncle"),
    ],
)
def test_texts_are_passed_on_only_under_terms_that_their_own_allow(
    source: Ingredient, wanted: str, word: str | None
) -> None:
    found = conflicts_of_text([FREE, source], wanted, {})
    assert (found == []) if word is None else (len(found) == 1 and word in found[0])


def test_a_model_trained_on_text_that_is_not_for_sale_is_not_released_for_sale() -> None:
    assert "not to be sold" in conflicts_of_model([NEWS], [SMOL], "Apache-2.0", "x", {})[0]
    assert conflicts_of_model([NEWS], [SMOL], "CC-BY-NC-4.0", "x", {}) == []


def test_a_model_trained_on_share_alike_text_is_released_and_its_card_says_so() -> None:
    assert conflicts_of_model([WIKI], [SMOL], "Apache-2.0", "x", {}) == []
    assert shared_alike([WIKI, FREE], {}) == [WIKI]


def test_terms_of_a_backbone_bind_licence_and_name_of_what_is_made_with_it() -> None:
    found = conflicts_of_model([FREE], [LLAMA], "Apache-2.0", "mintza-eus", {})
    assert len(found) == 2
    assert any("begins with Llama" in why for why in found)
    assert conflicts_of_model([FREE], [LLAMA], "llama3.1", "Llama-eus", {}) == []
    assert notices([LLAMA, SMOL], {}) == ["Built with Llama"]


def test_a_model_that_wrote_the_data_binds_as_the_backbone_does() -> None:
    assert conflicts_of_model([FREE], [SMOL, GEMMA], "Apache-2.0", "x", {})
    assert conflicts_of_model([FREE], [SMOL, GEMMA], "gemma", "x", {}) == []


def test_an_unknown_licence_is_read_as_what_a_person_says_it_is() -> None:
    assert conflicts_of_text([ODD], "CC-BY-4.0", {"ask my uncle": "MIT"}) == []
    assert terms_of("ask my uncle", {}) is None
    assert hub_id("ask my uncle", {}) == "other"
    assert hub_id("Apache-2.0", {}) == "apache-2.0"
