import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.train.packing import fewest_rows, pack

LENGTHS = st.lists(st.integers(1, 32), max_size=60)


@given(LENGTHS)
def test_every_piece_lies_in_exactly_one_row(lengths: list[int]) -> None:
    assert sorted(index for row in pack(lengths, 32) for index in row) == list(range(len(lengths)))


@given(LENGTHS)
def test_no_row_holds_more_than_its_capacity(lengths: list[int]) -> None:
    assert all(sum(lengths[index] for index in row) <= 32 for row in pack(lengths, 32))


@given(LENGTHS)
def test_no_two_rows_could_have_been_one(lengths: list[int]) -> None:
    filled = sorted(sum(lengths[index] for index in row) for row in pack(lengths, 32))
    assert len(filled) < 2 or filled[0] + filled[1] > 32


def test_a_piece_goes_into_the_fullest_row_that_has_room() -> None:
    assert pack([6, 7, 3, 4], 10) == [[1, 2], [0, 3]]


@given(LENGTHS)
def test_the_same_lengths_are_packed_the_same_way(lengths: list[int]) -> None:
    assert pack(lengths, 32) == pack(list(lengths), 32)


@pytest.mark.parametrize("length", [0, 33])
def test_a_piece_that_fits_no_row_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"piece 1 has {length} tokens"):
        pack([4, length], 32)


@pytest.mark.parametrize("capacity", [1024, 8192])
def test_a_log_normal_mix_of_ten_million_tokens_fills_its_rows(capacity: int) -> None:
    luck = random.Random(33)
    lengths: list[int] = []
    total = 0
    while total < 10_000_000:
        length = max(1, round(luck.lognormvariate(6.0, 1.2)))
        total += length
        lengths += [capacity] * (length // capacity) + ([length % capacity] if length % capacity else [])
    filled = sorted(sum(lengths[piece] for piece in row) for row in pack(lengths, capacity))[1:]
    assert sum(filled) >= 0.98 * capacity * len(filled)


def best_of_all(lengths: list[int], capacity: int) -> int:
    """Rows of the best packing, found by trying all of them."""
    fewest = len(lengths)

    def place(left: list[int], rooms: tuple[int, ...]) -> None:
        nonlocal fewest
        if len(rooms) >= fewest:
            return
        if not left:
            fewest = len(rooms)
            return
        for room in {room for room in rooms if room >= left[0]}:
            others = list(rooms)
            others.remove(room)
            place(left[1:], tuple(sorted([*others, room - left[0]])))
        place(left[1:], (*rooms, capacity - left[0]))

    place(sorted(lengths, reverse=True), ())
    return fewest


@given(st.lists(st.integers(1, 20), max_size=7))
def test_no_packing_at_all_has_fewer_rows_than_the_bound(lengths: list[int]) -> None:
    fewest = best_of_all(lengths, 20)
    assert fewest_rows(lengths, 0, 20) <= fewest <= len(pack(lengths, 20))


def test_tokens_that_may_be_cut_fill_the_room_of_whole_pieces_before_they_need_rows() -> None:
    assert fewest_rows([6, 7], 0, 10) == 2
    assert fewest_rows([6, 7], 7, 10) == 2
    assert fewest_rows([6, 7], 8, 10) == 3
    assert fewest_rows([], 21, 10) == 3


def test_conversations_of_over_half_a_row_are_packed_as_well_as_they_can_be() -> None:
    luck = random.Random(33)
    lengths = [luck.randint(260, 500) for _ in range(3000)]
    assert len(pack(lengths, 512)) == fewest_rows(lengths, 0, 512) == 3000
