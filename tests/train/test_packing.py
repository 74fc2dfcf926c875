import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.train.packing import pack

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
