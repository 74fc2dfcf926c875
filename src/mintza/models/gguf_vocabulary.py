"""A tokenizer.json as the keys by which llama.cpp cuts text: tokens, their kinds, merges, and which rule splits words first."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput
from mintza.models.headers import read_header

_REMEDY = "serve the folder with vLLM: pip install vllm, and run the same command again"
_NORMAL, _CONTROL, _OWN, _UNUSED = 1, 3, 4, 5
"""Kinds of a token in the GGUF specification; _OWN: added by its maker, and no markup."""

_GPT2_NUMBERS = r"\p{N}{1,3}"
_LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|" + _GPT2_NUMBERS + r"| ?[^\s\p{L}\p{N}]+[\r\n]*|"
    r"\s*[\r\n]+|\s+(?!\S)|\s+"
)
_SPLITS = {_LLAMA3: "llama-bpe", _LLAMA3.replace(_GPT2_NUMBERS, r"\p{N}"): "qwen2"}
_KEEPS_WHOLE = ("llama-bpe",)
"""Rules under which llama.cpp takes a word that is a token as it is, whatever its merges."""


PROBE = "Kaixo!  Zer moduz, 1234 aldiz?\n\n\tnaïve café don't WE'LL  日本語 привет ١٢٣ 🙂 x_y(z) = [1, 2];\r\n   end "
"""A text on which tokenizers that differ at all are likely to differ."""


class Vocabulary(NamedTuple):
    """tokens, kinds: by id.  merges: two parts with a space between.  rule: llama.cpp's name of how words are split first."""

    tokens: tuple[str, ...]
    kinds: tuple[int, ...]
    merges: tuple[str, ...]
    rule: str


def vocabulary_of(folder: Path, size: int) -> Vocabulary:
    """The byte-level vocabulary of a folder, filled up to `size`. Raises BadInput when llama.cpp would cut text otherwise."""
    try:
        written = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
        model = written["model"]
    except FileNotFoundError:
        raise BadInput("the folder has no tokenizer.json", place=str(folder), remedy=_REMEDY) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        wrong = getattr(error, "strerror", None) or "it is none that `tokenizers` writes"
        raise BadInput(
            f"it cannot be read: {wrong}", place=str(folder / "tokenizer.json"), remedy="bring it again"
        ) from None
    rule = _rule(written, folder)
    ids = dict(model["vocab"])
    kinds = dict.fromkeys(ids.values(), _NORMAL)
    for added in written.get("added_tokens") or ():
        ids[added["content"]] = added["id"]
        kinds[added["id"]] = _CONTROL if added["special"] else _OWN
    tokens = {number: token for token, number in ids.items()}
    last = max(tokens)
    if last >= size:
        raise BadInput(
            f"the tokenizer has {last + 1} tokens and the model {size}", place=str(folder), remedy="bring both again"
        )
    merges = (pair if isinstance(pair, list) else pair.split(" ") for pair in model["merges"])
    return Vocabulary(
        tokens=tuple(tokens.get(number, f"[unused{number}]") for number in range(size)),
        kinds=tuple(kinds.get(number, _UNUSED) for number in range(size)),
        merges=tuple(" ".join(pair) for pair in merges),
        rule=rule,
    )


def add_vocabulary(writer: Any, vocabulary: Vocabulary, folder: Path) -> None:
    """Write the keys of a vocabulary, of the folder's special tokens and of its chat template."""
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(vocabulary.rule)
    writer.add_token_list(vocabulary.tokens)
    writer.add_token_types(vocabulary.kinds)
    writer.add_token_merges(vocabulary.merges)
    header = read_header(folder)
    number = {token: place for place, token in enumerate(vocabulary.tokens)}
    adders = {
        "bos_token": writer.add_bos_token_id,
        "eos_token": writer.add_eos_token_id,
        "pad_token": writer.add_pad_token_id,
        "unk_token": writer.add_unk_token_id,
    }
    for name, add in adders.items():
        if header.special.get(name) in number:
            add(number[header.special[name]])
    writer.add_add_bos_token(header.adds_bos)
    if header.template:
        writer.add_chat_template(header.template)


def _rule(written: dict[str, Any], folder: Path) -> str:
    """llama.cpp's name of the way in which the tokenizer splits words before it merges. Raises BadInput when it has none."""
    model = written["model"]
    normal = written.get("normalizer") or {}
    if model.get("type") != "BPE" or model.get("byte_fallback") or normal.get("type") not in (None, "NFC"):
        raise _unknown(
            f"a tokenizer of the kind {model.get('type')} with {normal.get('type') or 'no'} normaliser", folder
        )
    outer = written.get("pre_tokenizer") or {}
    steps = outer.get("pretokenizers", [outer])
    found = _named(steps)
    if found is None:
        raise _unknown(f"words that are split by {json.dumps(steps, ensure_ascii=False)[:200]}", folder)
    if model.get("ignore_merges") and found not in _KEEPS_WHOLE:
        raise _unknown("`ignore_merges` beside this way of splitting words", folder)
    return found


def _named(steps: list[dict[str, Any]]) -> str | None:
    *before, last = steps
    if last.get("type") != "ByteLevel" or last.get("add_prefix_space"):
        return None
    if not before:
        return "gpt-2" if last.get("use_regex", True) else None
    if len(before) > 1:
        return None
    (first,) = before
    if first.get("type") == "Digits" and first.get("individual_digits") and last.get("use_regex", True):
        return "smollm"
    if first.get("type") == "Split" and first.get("behavior") == "Isolated" and not last.get("use_regex", True):
        return _SPLITS.get(first.get("pattern", {}).get("Regex", ""))
    return None


def _unknown(what: str, folder: Path) -> BadInput:
    return BadInput(f"{what} cannot be exported to GGUF from here", place=str(folder), remedy=_REMEDY)


def ids_of(folder: Path, text: str) -> list[int]:
    """What the folder's own tokenizer makes of a text, with nothing put around it."""
    from tokenizers import Tokenizer

    found: list[int] = Tokenizer.from_file(str(folder / "tokenizer.json")).encode(text, add_special_tokens=False).ids
    return found
