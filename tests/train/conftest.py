"""A tokenizer and a model so small that they train in a second, made anew for each run of the tests."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from fakes import CHATML
from mintza.models.templates import ChatTemplate, Span
from mintza.models.tokenizers import FastTokenizer
from mintza.progress import Progress, silent
from mintza.records import Conversation, Document, Message, Provenance, Split
from mintza.train import stage
from mintza.train.settings import PrepareSettings
from tiny import CONTROL, byte_pairs, llama

SENTENCES = (
    "Etxe zaharraren atarian katu beltz bat lo dago.",
    "Egunsentian itsasoa bare zegoen eta arrantzaleak isilik.",
    "Liburutegiko ateak zortzietan irekitzen dira, igandeetan izan ezik.",
    "The old bridge was closed for repairs until the end of May.",
    "Mendiaren gailurretik haran osoa ikusten zen, lainorik gabe.",
)


class FakeTokenizer:
    """Every byte is a token; the control tokens come after them. Fulfils mintza.models.seam.Tokenizer."""

    digest = "fake00000000"
    bos: int | None = 257
    eos: int | None = 256
    vocabulary = 256 + len(CONTROL)
    adds_bos = False

    def encode(self, text: str) -> list[int]:
        return list(text.encode())

    def encode_all(self, texts: Sequence[str]) -> list[list[int]]:
        return [self.encode(text) for text in texts]

    def encode_spans(self, many: Sequence[Sequence[Span]]) -> list[list[list[int]]]:
        return [[self.encode(s.text) if s.content else self.encode_markup(s.text) for s in spans] for spans in many]

    def encode_markup(self, text: str) -> list[int]:
        pieces = re.split("(" + "|".join(map(re.escape, CONTROL)) + ")", text)
        return [
            token
            for piece in pieces
            for token in ([256 + CONTROL.index(piece)] if piece in CONTROL else list(piece.encode()))
        ]

    def decode(self, ids: list[int]) -> str:
        return b"".join(bytes([i]) if i < 256 else CONTROL[i - 256].encode() for i in ids).decode()


class SmallTokenizer(FastTokenizer):
    """A real byte-level BPE with a few hundred tokens; `inner` is of `tokenizers`, `whole` of transformers."""

    def __init__(self, inner: Any) -> None:
        from transformers import PreTrainedTokenizerFast

        self.inner = inner
        self.whole = PreTrainedTokenizerFast(
            tokenizer_object=inner, bos_token="<|im_start|>", eos_token="<|endoftext|>", pad_token="<|endoftext|>"
        )
        super().__init__(self.whole, "small")


def make_tokenizer() -> SmallTokenizer:
    return SmallTokenizer(byte_pairs(SENTENCES, 300))


def make_backbone(folder: Path, tokenizer: SmallTokenizer, *, dropout: float = 0.0) -> None:
    """A Llama of two layers with random weights, as a Hugging Face folder."""
    model = llama(
        tokenizer.vocabulary,
        seed=7,
        hidden_size=64,
        intermediate_size=96,
        max_position_embeddings=128,
        attention_dropout=dropout,
        bos_token_id=tokenizer.bos,
        eos_token_id=tokenizer.eos,
        pad_token_id=tokenizer.eos,
    )
    model.generation_config.eos_token_id = tokenizer.eos
    model.save_pretrained(folder)
    tokenizer.whole.save_pretrained(folder)


def document(number: int, text: str, split: Split = "train") -> Document:
    return Document(
        id=f"probe/{number}",
        text=text,
        language="eus_Latn",
        language_score=1.0,
        language_backend="fake",
        split=split,
        cluster=f"probe/{number}",
        provenance=Provenance(source="probe", license="CC0-1.0"),
    )


def conversation(number: int, *turns: tuple[str, str], component: str = "sampled") -> Conversation:
    return Conversation(
        id=f"talk-{number}",
        language="eus_Latn",
        component=component,
        messages=tuple(Message(role=role, content=content) for role, content in turns),  # type: ignore[arg-type]
        provenance=Provenance(source="probe", license="CC0-1.0"),
    )


def talk(number: int) -> Conversation:
    said = SENTENCES[number % len(SENTENCES)]
    return conversation(number, ("user", f"Zer dio honek ({number})?"), ("assistant", said))


def chatml() -> ChatTemplate:
    return ChatTemplate(CHATML, {"bos_token": "<|im_start|>", "eos_token": "<|endoftext|>"})


def prepare(
    workspace: Path,
    components: dict[str, Sequence[Document | Conversation]],
    *,
    held_out: Iterable[Document] | dict[str, Sequence[Document | Conversation]] = (),
    tokenizer: Any = None,
    template: ChatTemplate | None = None,
    seed: int = 33,
    progress: Progress = silent,
    **settings: Any,
) -> list[Any]:
    """Rows in `workspace`; gives what the stage yielded."""
    return list(
        stage.prepare(
            PrepareSettings(**{"sequence_length": 64, **settings}),
            components,
            held_out=held_out if isinstance(held_out, dict) else {"corpus": held_out},
            tokenizer=tokenizer or FakeTokenizer(),
            template=template or chatml(),
            workspace=workspace,
            seed=seed,
            progress=progress,
        )
    )


@pytest.fixture(scope="session")
def small_tokenizer() -> SmallTokenizer:
    return make_tokenizer()


@pytest.fixture(scope="session")
def backbone_folder(tmp_path_factory: pytest.TempPathFactory, small_tokenizer: SmallTokenizer) -> Path:
    folder = tmp_path_factory.mktemp("backbone")
    make_backbone(folder, small_tokenizer)
    return folder


@pytest.fixture
def fake_tokenizer() -> FakeTokenizer:
    return FakeTokenizer()


@pytest.fixture(scope="session")
def template() -> ChatTemplate:
    return chatml()


@pytest.fixture
def make_document() -> Callable[..., Document]:
    return document


@pytest.fixture
def make_conversation() -> Callable[..., Conversation]:
    return conversation


@pytest.fixture
def make_talk() -> Callable[[int], Conversation]:
    return talk


@pytest.fixture
def prepare_rows() -> Callable[..., list[Any]]:
    return prepare


@pytest.fixture(scope="session")
def mixture() -> dict[str, Any]:
    """A mixture of two components, held-out documents, and the function that prepares them."""
    return {
        "prepare": prepare,
        "components": {
            "corpus": [document(n, " ".join(SENTENCES[n % 5 :])) for n in range(12)],
            "sampled": [conversation(n, ("user", "Zer?"), ("assistant", SENTENCES[n % 5])) for n in range(8)],
        },
        "held_out": [document(99, SENTENCES[0], "held-out")],
    }
