"""Conversations held packed come back as they were, as often as they are asked for."""

from __future__ import annotations

import tracemalloc

import msgspec
import pytest

from fakes import conversation
from mintza.instruct.held import Held
from mintza.records import Conversation


def talk(number: int) -> Conversation:
    said = f"It is as tall as {number} houses, and nobody has ever climbed it in winter. " * 6
    return conversation(f"How tall is hill number {number}?", said, id=f"sampled-{number:06}")


@pytest.mark.parametrize("count", [0, 1, 255, 256, 257, 600])
def test_all_come_back_in_their_order_and_again(count: int) -> None:
    held = Held(talk(number) for number in range(count))
    assert len(held) == count
    assert list(held) == list(held) == [talk(number) for number in range(count)]


def test_more_may_come_after_they_were_read() -> None:
    held = Held([talk(0)])
    assert list(held) == [talk(0)]
    held.append(talk(1))
    assert list(held) == [talk(0), talk(1)]


def read(one: Conversation) -> Conversation:
    """As from a file: nothing is shared with another."""
    return msgspec.json.decode(msgspec.json.encode(one), type=Conversation)


def test_they_take_a_fifth_of_the_memory_that_objects_take() -> None:
    def bytes_of(made: type[list[Conversation]] | type[Held]) -> int:
        tracemalloc.start()
        held = made(read(talk(number)) for number in range(2560))
        taken, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert len(held) == 2560
        return taken

    assert bytes_of(Held) * 5 < bytes_of(list)
