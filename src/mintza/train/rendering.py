"""A document or a conversation as token ids, and which of them bear loss."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

from mintza.errors import TrainingError
from mintza.models.seam import Tokenizer
from mintza.models.templates import Span


class Rendered(NamedTuple):
    """ids: of the tokens.  supervised: 1 for each that the model is to learn to write, 0 for each that it is only shown."""

    ids: list[int]
    supervised: bytes


def render_documents(texts: Sequence[str], tokenizer: Tokenizer, *, bos: bool) -> list[Rendered]:
    """Each text and an end-of-text token, after a bos token if asked for; loss on all. A text without tokens gives nothing.

    Raises TrainingError when the tokenizer lacks a token that is needed.
    """
    start = [_needed(tokenizer.bos, "beginning-of-text")] if bos else []
    end = _needed(tokenizer.eos, "end-of-text")
    found = []
    for encoded in tokenizer.encode_all(texts):
        ids = [*start, *encoded, end] if encoded else []
        found.append(Rendered(ids, b"\1" * len(ids)))
    return found


def _needed(token: int | None, name: str) -> int:
    if token is None:
        raise TrainingError(
            f"the tokenizer has no {name} token, and documents need one",
            remedy="use a backbone that has one, or leave the corpus out of the mixture",
        )
    return token


def render_conversations(many: Sequence[Sequence[Span]], tokenizer: Tokenizer) -> list[Rendered]:
    """Conversations as the chat template shows them (their `spans`); loss on what the assistant writes and on the token that ends its turn.

    The ids are those that the whole text is encoded as, so that training shows what the model meets when it is asked; no token lies
    across the beginning or end of loss, and no words that somebody wrote act as a control token.
    """
    return [
        Rendered(
            list(chain.from_iterable(encoded)),
            b"".join(bytes([span.loss]) * len(ids) for span, ids in zip(spans, encoded, strict=True)),
        )
        for spans, encoded in zip(many, tokenizer.encode_spans(many), strict=True)
    ]


def parts(rendered: Rendered, longest: int, shortest: int = 1) -> list[Rendered]:
    """Pieces of at most `longest` tokens, in order. The first token of each bears no loss: nothing is shown before it.

    When the last would have fewer than `shortest`, it gets what it lacks from the one before.
    """
    count = len(rendered.ids)
    edges = [*range(0, count, longest), count]
    if len(edges) > 2:
        edges[-2] = min(edges[-2], count - shortest)
    return [
        Rendered(rendered.ids[start:end], b"\0" + rendered.supervised[start + 1 : end])
        for start, end in pairwise(edges)
    ]


def end_of_turn(rendered: Rendered, tokenizer: Tokenizer) -> int | None:
    """The control token that ends the assistant's last turn, None when the turn does not end in one."""
    last = rendered.supervised.rfind(1)
    if last < 0:
        return None
    token = rendered.ids[last]
    return token if tokenizer.encode(tokenizer.decode([token])) != [token] else None
