"""Conversations that a filter must see all of before it can say anything, held in little memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import msgspec
import zstandard

from mintza.records import Conversation

_BLOCK = 256
_LEVEL = 1


class Held(Collection[Conversation]):
    """Packed in blocks, in the order they came; some 0.4 KB a conversation where objects take 3. Read as often as you like."""

    def __init__(self, conversations: Iterable[Conversation] = ()) -> None:
        self._blocks: list[bytes] = []
        self._open: list[Conversation] = []
        self._squeeze = zstandard.ZstdCompressor(level=_LEVEL)
        for conversation in conversations:
            self.append(conversation)

    def append(self, conversation: Conversation) -> None:
        """One more, at the end."""
        self._open.append(conversation)
        if len(self._open) == _BLOCK:
            # What the compressor gives keeps the room of the worst case: a copy does not.
            self._blocks.append(bytes(memoryview(self._squeeze.compress(msgspec.msgpack.encode(self._open)))))
            self._open = []

    def __contains__(self, conversation: object) -> bool:
        return any(held == conversation for held in self)

    def __len__(self) -> int:
        return len(self._blocks) * _BLOCK + len(self._open)

    def __iter__(self) -> Iterator[Conversation]:
        reader = zstandard.ZstdDecompressor()
        blocks = msgspec.msgpack.Decoder(list[Conversation])
        for block in self._blocks:
            yield from blocks.decode(reader.decompress(block))
        yield from self._open
