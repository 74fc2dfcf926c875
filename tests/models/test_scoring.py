from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mintza.models.providers.scoring import batches, encode_pair, grouped, pieces


def letters(text: str) -> list[int]:
    """A tokenizer of words, each with the space before it, written as numbers."""
    words = text.replace(" ", "\0 ").split("\0")
    return [hash(word) for word in words if word]


@given(st.integers(1, 30), st.integers(0, 40), st.integers(1, 12))
def test_each_id_is_scored_once_after_the_ids_before_it(context: int, continuation: int, longest: int) -> None:
    ids = list(range(context + continuation))
    found = list(pieces(7, ids[:context], ids[context:], longest))
    assert [wanted for piece in found for wanted in piece.scored] == ids[context:]
    for piece in found:
        assert len(piece.shown) <= longest
        assert piece.text == 7
        whole = (*piece.shown, piece.scored[-1])
        assert whole == tuple(range(whole[0], whole[-1] + 1))
        assert piece.scored == whole[len(whole) - len(piece.scored) :]
        assert len(whole) > len(piece.scored)


def test_a_text_that_fits_is_shown_whole() -> None:
    [piece] = pieces(0, [1, 2], [3, 4], longest=3)
    assert piece.shown == (1, 2, 3)
    assert piece.scored == (3, 4)


def test_of_a_context_that_is_too_long_the_end_is_kept() -> None:
    [piece] = pieces(0, [1, 2, 3, 4, 5], [6, 7], longest=3)
    assert piece.shown == (4, 5, 6)


def test_spaces_at_the_end_of_a_context_go_with_the_continuation() -> None:
    assert encode_pair("a cow", " says moo", letters) == (letters("a cow"), letters(" says moo"))
    assert encode_pair("a cow ", "says moo", letters) == (letters("a cow"), letters(" says moo"))


def test_a_continuation_that_melts_into_its_context_is_encoded_apart() -> None:
    assert encode_pair("a", "b", lambda text: [len(text)]) == ([1], [1])


def test_what_shows_the_model_the_same_is_read_once() -> None:
    found = [piece for number in range(4) for piece in pieces(number, [1, 2], [10 + number], 8)]
    [group] = grouped(found)
    assert group.wanted == [(number, (10 + number,)) for number in range(4)]


@given(st.lists(st.integers(1, 20), max_size=30), st.integers(1, 40))
def test_batches_hold_all_groups_within_their_size(lengths: list[int], tokens: int) -> None:
    found = grouped(piece for number, n in enumerate(lengths) for piece in pieces(number, [number], list(range(n)), 50))
    lots = list(batches(found, tokens=tokens))
    assert [group for lot in lots for group in lot] == found
    for lot in lots:
        assert len(lot) == 1 or len(lot[0].shown) * len(lot) <= tokens
