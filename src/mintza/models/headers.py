"""What a model's files say of it without opening the weights: chat template, special tokens, context length, fingerprint."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput
from mintza.models.gguf import GgufHeader, read_gguf

_SPECIAL = ("bos_token", "eos_token", "unk_token", "pad_token", "sep_token", "cls_token", "mask_token")
_GGUF_NAMES = {
    "bos_token": "bos",
    "eos_token": "eos",
    "unk_token": "unknown",
    "pad_token": "padding",
    "sep_token": "seperator",  # as the specification spells it
    "mask_token": "mask",
}
_SMALL_FILE = 1 << 24
_BLOCKS, _BLOCK = 32, 4096


class Header(NamedTuple):
    """What the files say.

    template: Jinja source, None without one.  special: strings of special tokens by name.  adds_bos: plain text begins with
    the beginning-of-sequence token.  context: longest sequence the model was made for, None when not said.
    """

    template: str | None
    special: dict[str, str]
    adds_bos: bool
    context: int | None


def read_header(location: Path) -> Header:
    """Read a GGUF file's or a Hugging Face folder's header. Raises BadInput when it is neither."""
    if location.is_file():
        return _of_gguf(read_gguf(location))
    if (location / "config.json").is_file():
        return _of_folder(location)
    raise BadInput(
        "this is neither a GGUF file nor a folder with a config.json",
        place=str(location),
        remedy="give the path of a model as Hugging Face or llama.cpp keep it",
    )


def fingerprint(location: Path, *more: str) -> str:
    """16 hex digits of a sha256 over sizes, headers and a sample of the weights, `more` added. Takes milliseconds.

    All that training changes is seen; single weights changed by hand may not be.
    """
    digest = hashlib.sha256()
    files = [location] if location.is_file() else sorted(path for path in location.iterdir() if path.is_file())
    for path in files:
        digest.update(f"{path.name if len(files) > 1 else ''}\0{path.stat().st_size}\0".encode())
        for block in _telling_bytes(path):
            digest.update(block)
    for part in more:
        digest.update(f"\0{part}".encode())
    return digest.hexdigest()[:16]


def _telling_bytes(path: Path) -> Iterator[bytes]:
    """A small file whole; of a large one the header, and blocks at even distances."""
    size = path.stat().st_size
    with path.open("rb") as file:
        if path.suffix == ".gguf":
            yield file.read(read_gguf(path).size)
        elif path.suffix == ".safetensors":
            length = file.read(8)
            yield length + file.read(min(int.from_bytes(length, "little"), _SMALL_FILE))
        else:
            yield file.read(_SMALL_FILE)
        for block in range(_BLOCKS if file.tell() < size else 0):
            file.seek(max(0, size - _BLOCK) * (block + 1) // _BLOCKS)
            yield file.read(_BLOCK)


def _of_gguf(header: GgufHeader) -> Header:
    ids = {name: header.number(f"tokenizer.ggml.{short}_token_id") for name, short in _GGUF_NAMES.items()}
    known = {name: number for name, number in ids.items() if number is not None}
    strings = header.strings("tokenizer.ggml.tokens", list(known.values()))
    adds = header.values.get("tokenizer.ggml.add_bos_token")
    architecture = header.text("general.architecture") or ""
    return Header(
        template=header.text("tokenizer.chat_template"),
        special={name: text for name, text in zip(known, strings, strict=True) if text},
        # Files that do not say are of the sentencepiece kind where they add it.
        adds_bos=adds if isinstance(adds, bool) else header.text("tokenizer.ggml.model") == "llama",
        context=header.number(f"{architecture}.context_length"),
    )


def _of_folder(folder: Path) -> Header:
    config = _json(folder / "config.json")
    tokenizer = _json(folder / "tokenizer_config.json")
    named = {**_json(folder / "special_tokens_map.json"), **tokenizer}
    written = folder / "chat_template.jinja"
    context = config.get("max_position_embeddings") or config.get("text_config", {}).get("max_position_embeddings")
    return Header(
        template=written.read_text(encoding="utf-8")
        if written.is_file()
        else _template(tokenizer.get("chat_template")),
        special={name: text for name in _SPECIAL if (text := _token(named.get(name)))},
        adds_bos=_adds_bos(tokenizer, folder / "tokenizer.json", _token(named.get("bos_token"))),
        context=context if isinstance(context, int) else None,
    )


def _json(path: Path) -> dict[str, Any]:
    """A JSON object; {} when the file is not there."""
    if not path.is_file():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise BadInput(f"this is not JSON: {error}", place=str(path), remedy="bring the file again") from error
    return found if isinstance(found, dict) else {}


def _template(value: Any) -> str | None:
    """One template, or the one called `default` of several."""
    if isinstance(value, list):
        named = {entry["name"]: entry["template"] for entry in value if isinstance(entry, dict) and "name" in entry}
        value = named.get("default")
    return value if isinstance(value, str) else None


def _token(value: Any) -> str:
    if isinstance(value, dict):
        value = value.get("content")
    return value if isinstance(value, str) else ""


def _adds_bos(settings: dict[str, Any], tokenizer: Path, bos: str) -> bool:
    """Fast tokenizers add it in their post-processor; older folders say so in a field."""
    if not bos:
        return False
    if settings.get("add_bos_token") is True:
        return True
    if not tokenizer.is_file():
        return False
    text = tokenizer.read_text(encoding="utf-8")
    # The whole file takes a tenth of a second to parse; the post-processor is a few hundred characters of it.
    place = text.find('"post_processor":')
    if place < 0:
        return False
    value = text[place + len('"post_processor":') :].lstrip()
    try:
        found, _ = json.JSONDecoder().raw_decode(value)
    except ValueError as error:
        raise BadInput(f"this is not JSON: {error}", place=str(tokenizer), remedy="bring the file again") from error
    return json.dumps(bos) in json.dumps(found)
