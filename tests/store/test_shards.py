from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mintza.errors import StoreError
from mintza.records import Message, Score
from mintza.store.shards import ShardWriter, read_shards

TEXTS = st.lists(st.text(), max_size=30)


@given(texts=TEXTS, shard_bytes=st.integers(1, 400))
def test_records_come_back_as_they_went_in_whatever_the_shard_size(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], shard_bytes: int
) -> None:
    folder = tmp_path_factory.mktemp("shards")
    messages = [Message(role="user", content=text) for text in texts]
    writer = ShardWriter(folder, "Message", shard_bytes)
    for message in messages:
        writer.add(message)
    writer.close()
    assert list(read_shards(folder, Message)) == messages


@given(texts=TEXTS)
def test_the_hash_does_not_depend_on_the_shard_size(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> None:
    hashes = set()
    for size in (1, 50, 1 << 20):
        writer = ShardWriter(tmp_path_factory.mktemp("shards"), "Message", size)
        for text in texts:
            writer.add(Message(role="user", content=text))
        hashes.add(writer.close())
    assert len(hashes) == 1


def test_a_spoiled_shard_is_named_with_the_remedy(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "Message")
    for number in range(1000):
        writer.add(Message(role="user", content=f"{number} {number * 7919}"))
    writer.close()
    shard = next(tmp_path.glob("*.zst"))
    content = shard.read_bytes()
    shard.write_bytes(content[: len(content) // 2])
    with pytest.raises(StoreError, match="spoiled") as caught:
        list(read_shards(tmp_path, Message))
    assert str(shard) in str(caught.value)
    assert "run again" in str(caught.value)


def test_records_of_another_type_are_not_read(tmp_path: Path) -> None:
    writer = ShardWriter(tmp_path, "Message")
    writer.add(Message(role="user", content="kaixo"))
    writer.close()
    assert list(read_shards(tmp_path, Score)) == []
