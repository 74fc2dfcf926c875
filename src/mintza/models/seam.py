"""The one seam to a model: raw completion, chat, likelihood. Everything a stage may ask of a model is here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from mintza.models.templates import ChatTemplate, Span
from mintza.records import FinishReason, Message, ModelRef, Record

JsonSchema = Mapping[str, Any]


class Sampling(Record, frozen=True, kw_only=True):
    """How to sample. temperature 0 is greedy.  max_tokens: of the answer.  stop: strings at which to stop (not in the text).

    logit_bias: token ids and what is added to their logits, at every position; -100 bans one.
    """

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 256
    stop: tuple[str, ...] = ()
    logit_bias: tuple[tuple[int, float], ...] = ()


class Prompt(Record, frozen=True, kw_only=True):
    """Raw text to continue. draw: ordinal of the record in its stage, so that the same prompt can be drawn many times."""

    text: str
    draw: int


class ChatPrompt(Record, frozen=True, kw_only=True):
    """Turns to answer, ending in the user's. draw: ordinal of the record in its stage."""

    messages: tuple[Message, ...]
    draw: int


class Receipt(Record, frozen=True, kw_only=True):
    """How an answer came, for the journal. response: body as it came.  seconds: from sending to answer.  endpoint: who gave it."""

    response: str
    seconds: float
    endpoint: str


class Completion(Record, frozen=True, kw_only=True):
    """What the model wrote. finish_reason: `stop` (by itself, or at a stop string), `length` (cut at max_tokens), `error`.

    why: of an error that concerns this request alone, such as a prompt that is too long; the text is then empty.
    receipt: what the journal keeps beside it; an answer that comes through a journal has none any more.
    """

    draw: int
    text: str
    finish_reason: FinishReason
    prompt_tokens: int
    completion_tokens: int
    why: str = ""
    receipt: Receipt | None = None


class Pair(Record, frozen=True, kw_only=True):
    """A text to score after a context. context empty: the text is scored from the beginning of a sequence."""

    context: str
    continuation: str


class Likelihood(Record, frozen=True, kw_only=True):
    """log_likelihood: nats of the whole continuation.  tokens: scored.  greedy: each token was the likeliest."""

    log_likelihood: float
    tokens: int
    greedy: bool


class TextModel(Protocol):
    """A model that can be asked. Answers come in the order of the requests; errors raise ModelError.

    ref: name, provider, location and revision.  template: the chat template, None for a base model without one.
    """

    @property
    def ref(self) -> ModelRef: ...

    @property
    def template(self) -> ChatTemplate | None: ...

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text exactly as given: no template, no second beginning-of-sequence token."""
        ...

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation under the chat template; with `schema`, decoding is constrained to that JSON schema."""
        ...

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Log-likelihood of each continuation after its context; long texts are scored in windows of the context length."""
        ...

    def close(self) -> None:
        """Let go of the engine. Asking afterwards is an error."""
        ...


class Around:
    """What stands before a TextModel and is one itself, as far as that is the same for all: whose it is, its template, its end."""

    def __init__(self, model: TextModel) -> None:
        self._model = model

    @property
    def ref(self) -> ModelRef:
        """Of the model."""
        return self._model.ref

    @property
    def template(self) -> ChatTemplate | None:
        """Of the model."""
        return self._model.template

    def close(self) -> None:
        """Close the model."""
        self._model.close()


class Tokenizer(Protocol):
    """Text to token ids and back.

    digest: 12 hex digits that change when any id would.  adds_bos: the model wants a text to begin with the BOS token.
    """

    @property
    def digest(self) -> str: ...

    @property
    def bos(self) -> int | None: ...

    @property
    def eos(self) -> int | None: ...

    @property
    def vocabulary(self) -> int: ...

    @property
    def adds_bos(self) -> bool: ...

    def encode(self, text: str) -> list[int]:
        """Ids of plain text: what looks like a control token in it stays text; nothing is added at either end."""
        ...

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text; a tokenizer may do several at a time."""
        ...

    def encode_spans(self, many: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
        """Ids of each span of each rendering, such that joined they are what its whole text is encoded as.

        No token lies across the beginning or end of loss, and no control token comes of content.
        """
        ...

    def encode_markup(self, text: str) -> list[int]:
        """Ids of a template's own markup: control tokens are recognised; nothing is added at either end."""
        ...

    def decode(self, ids: list[int]) -> str:
        """Text of ids, control tokens written out."""
        ...
