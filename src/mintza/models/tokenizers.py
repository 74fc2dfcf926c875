"""A model's tokenizer behind the seam: plain text and markup are encoded apart."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mintza.errors import BadInput
from mintza.models.encoding import SpanEncoder
from mintza.models.hugging_face import read_tokenizer
from mintza.models.seam import Tokenizer
from mintza.models.templates import Span


def load_tokenizer(location: str) -> FastTokenizer:
    """The tokenizer of a Hugging Face folder or a GGUF file.

    Raises BadInput when there is none, or only one of the slow kind.
    """
    return FastTokenizer(read_tokenizer(Path(location)), location)


def save_tokenizer(location: str, folder: Path) -> None:
    """Write the tokenizer of a model as a Hugging Face folder, there whole or not at all. Raises BadInput when it cannot be read."""
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    read_tokenizer(Path(location)).save_pretrained(aside)
    aside.rename(folder)


def ids_that_begin(tokenizer: Tokenizer, with_any_of: Sequence[str]) -> tuple[int, ...]:
    """Ids of all tokens whose text begins with one of these, white space before it not counted. Decodes the whole vocabulary."""
    wanted = tuple(with_any_of)
    return tuple(
        number
        for number in range(tokenizer.vocabulary)
        if tokenizer.decode([number]).lstrip(" \t\r\n▁").startswith(wanted)
    )


class FastTokenizer:
    """A Tokenizer over a fast tokenizer of transformers. adds_bos: the model wants a text to begin with the BOS token."""

    def __init__(self, whole: Any, location: str) -> None:
        backend = getattr(whole, "backend_tokenizer", None)
        if backend is None:
            raise BadInput(
                "this model has only a slow tokenizer", place=location, remedy="bring a folder with a tokenizer.json"
            )
        written = backend.to_str()
        self._markup = _bare(type(backend).from_str(written))
        self._plain = _bare(type(backend).from_str(written))
        self._plain.encode_special_tokens = True
        self._spans = SpanEncoder(written, lambda text: _bare(type(backend).from_str(text)))
        self._digest = _digest(written)
        self._bos: int | None = whole.bos_token_id
        self._eos: int | None = whole.eos_token_id
        begun = whole("a")["input_ids"]
        self.adds_bos = self._bos is not None and begun[:1] == [self._bos]

    @property
    def digest(self) -> str:
        """12 hex digits of a sha256 over normaliser, splitter, vocabulary and added tokens."""
        return self._digest

    @property
    def bos(self) -> int | None:
        """Id of the token that begins a text."""
        return self._bos

    @property
    def eos(self) -> int | None:
        """Id of the token that ends a text."""
        return self._eos

    @property
    def vocabulary(self) -> int:
        """Number of ids, added tokens included."""
        return int(self._markup.get_vocab_size(with_added_tokens=True))

    def encode(self, text: str) -> list[int]:
        """Ids of plain text: a control token in it stays text."""
        return list(self._plain.encode(text, add_special_tokens=False).ids)

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        """`encode` of each text, several at a time."""
        found = self._plain.encode_batch_fast(list(texts), add_special_tokens=False)
        return [list(encoded.ids) for encoded in found]

    def encode_spans(self, many: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
        """Ids of each span of each rendering, as the whole text gives them."""
        return self._spans.encode(many)

    def encode_markup(self, text: str) -> list[int]:
        """Ids of markup: a control token in it is one."""
        return list(self._markup.encode(text, add_special_tokens=False).ids)

    def decode(self, ids: list[int]) -> str:
        """Text, control tokens written out."""
        return str(self._markup.decode(ids, skip_special_tokens=False))


def _bare(tokenizer: Any) -> Any:
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def _digest(written: str) -> str:
    parts = json.loads(written)
    telling = [parts.get(name) for name in ("normalizer", "pre_tokenizer", "model", "added_tokens")]
    return hashlib.sha256(json.dumps(telling, sort_keys=True).encode()).hexdigest()[:12]
