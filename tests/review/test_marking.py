"""Numbers, links and code of both sides."""

from hypothesis import given
from hypothesis import strategies as st

from mintza.review.marking import differ, marked

TEXTS = st.lists(
    st.sampled_from(("katu", " ", "3", "10", "`x`", "https://a.example", "⟦0⟧", "{name}", "\n", "%s", "a@b.example")),
    max_size=12,
).map(" ".join)


def test_of_what_stands_oftener_on_one_side_the_last_is_odd() -> None:
    one, other = marked("2 and 2 and 3", "3 eta 2")
    assert [(piece.text, piece.kind) for piece in one if piece.kind != "text"] == [
        ("2", "same"),
        ("2", "odd"),
        ("3", "same"),
    ]
    assert all(piece.kind != "odd" for piece in other)


@given(TEXTS, TEXTS)
def test_pieces_joined_are_the_turn_again_and_odd_ones_are_where_the_sides_differ(one: str, other: str) -> None:
    sides = marked(one, other)
    assert ["".join(piece.text for piece in side) for side in sides] == [one, other]
    assert differ(one, other) == any(piece.kind == "odd" for side in sides for piece in side)
