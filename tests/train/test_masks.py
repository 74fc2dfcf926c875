"""Twelve styles of templates by three kinds of tokenizers, against an oracle that writes the text by hand and counts characters."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chat_styles import BOS, CONTROL, EOS, STYLES, Bit, Turns
from mintza.models.templates import ChatTemplate, spans
from mintza.models.tokenizers import FastTokenizer
from mintza.records import Message
from mintza.train.rendering import Rendered, render_conversations

READ = [
    "Kaixo, zer moduz? Ondo nago, eskerrik asko.\n\nEta zu?",
    "Etxe zaharraren atarian katu beltz bat lo dago, eta txakurra ez.",
    "The answer is: forty-two (42). Is it? Yes!  It is.\n",
    "[INST] <<SYS>> <</SYS>> [/INST] ### Rules: ### Instruction: ### Response: USER: ASSISTANT: SYSTEM: Q: A: S:",
    "Below is what somebody asks for. <talk> <user> </user> <assistant> </assistant> <system> </system> [user] model |",
    "ñ é ç € 🙂 \t a<|b|>c {d} im_start im_end head eot start_of_turn end_of_turn end ｜User｜ ｜Assistant｜ ｜end｜ TURN STOP /",
]
READ.append(" ".join(2 * letter for letter in sorted({letter for text in READ for letter in text})))
WORDS = st.lists(
    st.sampled_from([*"\n .,?|<é🙂", "Kaixo", "katu", "bat", "forty", " The", "\n\n", "42", "zer ", " ez"]), max_size=6
)
SAID = WORDS.map("".join)
NAMES = ("byte BPE", "unigram", "WordPiece")


@st.composite
def conversations(draw: st.DrawFn) -> Turns:
    turns = [("system", draw(SAID))] if draw(st.booleans()) else []
    for _ in range(draw(st.integers(1, 3))):
        turns += [("user", draw(SAID)), ("assistant", draw(SAID))]
    return turns


def letters() -> list[str]:
    return sorted({letter for text in READ for letter in text})


def byte_bpe() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    inner = Tokenizer(models.BPE())
    inner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    inner.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    inner.train_from_iterator(
        READ,
        trainers.BpeTrainer(
            vocab_size=500, special_tokens=list(CONTROL), initial_alphabet=alphabet, show_progress=False
        ),
    )
    return inner


def unigram() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    inner = Tokenizer(models.Unigram())
    inner.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first")
    inner.decoder = decoders.Metaspace(prepend_scheme="first")
    inner.train_from_iterator(
        READ,
        trainers.UnigramTrainer(
            vocab_size=300,
            special_tokens=["<unk>", *CONTROL],
            unk_token="<unk>",
            initial_alphabet=letters(),
            show_progress=False,
        ),
    )
    return inner


def word_piece() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    inner = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    inner.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    inner.decoder = decoders.WordPiece()
    inner.train_from_iterator(
        READ,
        trainers.WordPieceTrainer(
            vocab_size=400, special_tokens=["[UNK]", *CONTROL], initial_alphabet=letters(), show_progress=False
        ),
    )
    return inner


@cache
def trained(name: str) -> tuple[Any, FastTokenizer]:
    """The tokenizer as `tokenizers` has it, for the oracle, and ours over it."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    make: dict[str, Callable[[], Any]] = {"byte BPE": byte_bpe, "unigram": unigram, "WordPiece": word_piece}
    whole = PreTrainedTokenizerFast(tokenizer_object=make[name](), bos_token=BOS, eos_token=EOS)
    # Read back as ours is: what is written of a unigram's scores can be read as their neighbour, and ties fall the other way.
    return Tokenizer.from_str(whole.backend_tokenizer.to_str()), FastTokenizer(whole, name)


def rendered(style: str, turns: Turns, tokenizer: FastTokenizer) -> Rendered:
    template = ChatTemplate(STYLES[style].source, {"bos_token": BOS, "eos_token": EOS})
    messages = [Message(role=role, content=said) for role, said in turns]  # type: ignore[arg-type]
    [found] = render_conversations([spans(template, messages)], tokenizer)
    return found


def by_offsets(bits: list[Bit], inner: Any) -> tuple[list[int], bytes] | None:
    """Tokens of the whole text and whether each lies in loss; None when one lies across its edge, or the prompt is encoded otherwise."""
    text = "".join(bit.text for bit in bits)
    loss = [bit.loss for bit in bits for _ in bit.text]
    whole = inner.encode(text, add_special_tokens=False)
    marks = []
    for start, end in whole.offsets:
        inside = set(loss[start : max(end, start + 1)])
        if len(inside) > 1:
            return None
        marks.append(inside.pop() if inside else False)
    for place in range(1, len(loss)):
        if loss[place] and not loss[place - 1]:
            prompt = inner.encode(text[:place], add_special_tokens=False).ids
            if whole.ids[: len(prompt)] != prompt:
                return None
    return list(whole.ids), bytes(marks)


def solid(texts: Iterable[str]) -> str:
    return "".join("".join(texts).split()).replace("##", "")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=12, deadline=None)
@given(conversations())
def test_ids_are_those_of_the_whole_text_and_loss_is_where_the_assistant_wrote(
    style: str, name: str, turns: Turns
) -> None:
    inner, tokenizer = trained(name)
    bits = STYLES[style].by_hand(turns)
    found = rendered(style, turns, tokenizer)
    expected = by_offsets(bits, inner)
    if expected is not None:
        assert (found.ids, found.supervised) == expected
    taught = [token for token, loss in zip(found.ids, found.supervised, strict=True) if loss]
    wanted = "".join(bit.text for bit in bits if bit.loss)
    if name == "byte BPE":
        assert tokenizer.decode(taught) == wanted
    else:
        shown = [inner.id_to_token(token).replace("▁", " ") for token in taught]
        assert solid(shown) == solid([wanted])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=8, deadline=None)
@given(conversations())
def test_what_the_model_is_asked_with_is_how_training_begins(style: str, name: str, turns: Turns) -> None:
    inner, tokenizer = trained(name)
    found = rendered(style, turns, tokenizer)
    bits = STYLES[style].by_hand(turns)
    first = next((number for number, bit in enumerate(bits) if bit.loss and bit.text), None)
    if first is None:
        assert not any(found.supervised)
        return
    if not bits[first].text.strip():
        return  # WordPiece has no token for white space
    prompt = inner.encode("".join(bit.text for bit in bits[:first]), add_special_tokens=False).ids
    assert found.ids[: len(prompt)] == prompt
    assert not any(found.supervised[: len(prompt)])
    assert found.supervised[len(prompt)] == 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("style", STYLES)
def test_control_tokens_that_somebody_typed_are_letters(style: str, name: str) -> None:
    inner, tokenizer = trained(name)
    typed = "a " + " ".join(CONTROL) + "b<|im_end|>"
    turns = [("system", typed), ("user", typed), ("assistant", typed), ("user", "Kaixo"), ("assistant", typed)]
    bits = STYLES[style].by_hand(turns)
    controls = [inner.token_to_id(token) for token in CONTROL]
    found = rendered(style, turns, tokenizer)
    assert [token for token in found.ids if token in controls] == [
        inner.token_to_id(bit.text) for bit in bits if bit.control
    ]
    taught = [token for token, loss in zip(found.ids, found.supervised, strict=True) if loss]
    unknown = {inner.token_to_id("[UNK]"), inner.token_to_id("<unk>")}
    assert not unknown & set(found.ids)
    shown = [inner.id_to_token(token).replace("▁", " ") for token in taught]
    if name == "byte BPE":
        assert tokenizer.decode(taught) == "".join(bit.text for bit in bits if bit.loss)
    else:
        assert solid(shown) == solid(bit.text for bit in bits if bit.loss)


def test_the_oracle_speaks_in_most_cases() -> None:
    turns = [("system", "Kaixo."), ("user", "zer moduz?"), ("assistant", "Ondo."), ("user", "The"), ("assistant", "42")]
    spoke = sum(
        by_offsets(STYLES[style].by_hand(turns), trained(name)[0]) is not None for style in STYLES for name in NAMES
    )
    assert spoke >= 30
