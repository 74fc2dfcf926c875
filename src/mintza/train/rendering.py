"""A document or a conversation as token ids, and which of them bear loss."""

from __future__ import annotations

from itertools import chain
from typing import NamedTuple

from mintza.errors import TrainingError
from mintza.models.seam import Tokenizer
from mintza.models.templates import ChatTemplate, spans
from mintza.records import Conversation, Document


class Rendered(NamedTuple):
    """ids: of the tokens.  supervised: 1 for each that the model is to learn to write, 0 for each that it is only shown."""

    ids: list[int]
    supervised: bytes


def render_document(document: Document, tokenizer: Tokenizer, *, bos: bool) -> Rendered:
    """The text and an end-of-text token, after a bos token if asked for; loss on all. A text without tokens gives nothing.

    Raises TrainingError when the tokenizer lacks a token that is needed.
    """
    ids = tokenizer.encode(document.text)
    if not ids:
        return Rendered([], b"")
    start = [_needed(tokenizer.bos, "beginning-of-text")] if bos else []
    ids = [*start, *ids, _needed(tokenizer.eos, "end-of-text")]
    return Rendered(ids, b"\1" * len(ids))


def _needed(token: int | None, name: str) -> int:
    if token is None:
        raise TrainingError(
            f"the tokenizer has no {name} token, and documents need one",
            remedy="use a backbone that has one, or leave the corpus out of the mixture",
        )
    return token


def render_conversation(conversation: Conversation, tokenizer: Tokenizer, template: ChatTemplate) -> Rendered:
    """The conversation as the chat template shows it; loss on what the assistant writes and on the token that ends its turn.

    What people and models wrote is encoded as plain text, so that no words of theirs can act as a control token.
    Raises TemplateError when the template cannot show it.
    """
    pieces = [
        (tokenizer.encode(span.text) if span.content else tokenizer.encode_markup(span.text), span.loss)
        for span in spans(template, conversation.messages)
    ]
    return Rendered(
        list(chain.from_iterable(ids for ids, _ in pieces)),
        b"".join(bytes([loss]) * len(ids) for ids, loss in pieces),
    )


def parts(rendered: Rendered, longest: int) -> list[Rendered]:
    """Pieces of at most `longest` tokens, in order. The first token of each bears no loss: nothing is shown before it."""
    cut = []
    for start in range(0, len(rendered.ids), longest):
        end = start + longest
        cut.append(Rendered(rendered.ids[start:end], b"\0" + rendered.supervised[start + 1 : end]))
    return cut


def end_of_turn(rendered: Rendered, tokenizer: Tokenizer) -> int | None:
    """The control token that ends the assistant's last turn, None when the turn does not end in one."""
    last = rendered.supervised.rfind(1)
    if last < 0:
        return None
    token = rendered.ids[last]
    return token if tokenizer.encode(tokenizer.decode([token])) != [token] else None
