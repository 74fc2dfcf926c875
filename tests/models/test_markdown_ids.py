"""Ids of tokens that begin with markdown, from the tokenizer itself."""

from __future__ import annotations

from collections.abc import Sequence

from mintza.models.templates import Span
from mintza.models.tokenizers import ids_that_begin


class Pieces:
    """A tokenizer of six tokens."""

    vocabulary = 6
    digest = "pieces"
    bos = eos = None
    adds_bos = False
    pieces = ("Why", "#", " ##", "a#", "▁*", "\n- ")

    def encode(self, text: str) -> list[int]:
        raise NotImplementedError

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        raise NotImplementedError

    def encode_spans(self, many: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
        raise NotImplementedError

    def encode_markup(self, text: str) -> list[int]:
        raise NotImplementedError

    def decode(self, ids: list[int]) -> str:
        return "".join(self.pieces[number] for number in ids)


def test_tokens_that_begin_with_markdown_are_found_behind_white_space_too() -> None:
    assert ids_that_begin(Pieces(), ("#", "*")) == (1, 2, 4)
    assert ids_that_begin(Pieces(), ("-",)) == (5,)
