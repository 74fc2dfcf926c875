"""A Hugging Face folder becomes a GGUF file: llama.cpp, which shares no code with transformers, must compute the same from it."""

from __future__ import annotations

import json
import math
import shutil
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mintza.errors import BadInput
from mintza.models.gguf_folder import write_folder_as_gguf
from mintza.models.gguf_vocabulary import PROBE, ids_of, vocabulary_of
from mintza.models.headers import read_header
from mintza.models.providers.embedded import start_engine
from mintza.models.settings import EmbeddedExecution
from mintza.records import ModelRef

LLAMA3 = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 4.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 16,
}
SIZES: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "initializer_range": 0.3,
    "max_position_embeddings": 64,
}
MODELS: dict[str, tuple[str, dict[str, Any]]] = {
    "llama": ("Llama", {"tie_word_embeddings": True}),
    "llama3": ("Llama", {"tie_word_embeddings": False, "rope_parameters": LLAMA3, "attention_bias": True}),
    "mistral": ("Mistral", {"tie_word_embeddings": False, "sliding_window": None, "head_dim": 16}),
    "qwen2": ("Qwen2", {"tie_word_embeddings": True}),
    "qwen3": ("Qwen3", {"tie_word_embeddings": False, "head_dim": 16}),
}


@pytest.fixture
def folder(tiny: Path, tmp_path: Path) -> Path:
    """A copy of the tiny Llama's folder."""
    shutil.copytree(tiny, tmp_path / "folder")
    return tmp_path / "folder"


@contextmanager
def engine(path: Path) -> Iterator[Any]:
    """Ask the engine something of the file: path and body to reply."""
    pytest.importorskip("xllamacpp", reason="xllamacpp is not installed (pip install 'mintza[local]')")
    ref = ModelRef(name="m", provider="embedded", location=str(path), revision="")
    server = start_engine(ref, EmbeddedExecution(slots=1, context=64, threads=1), 64, "key")

    address = server.listening_address

    def ask(place: str, body: dict[str, Any]) -> Any:
        headers = {"Authorization": "Bearer key", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{address}{place}", json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=300) as reply:
            return json.loads(reply.read())

    yield ask
    del server


@pytest.mark.parametrize("kind", MODELS)
def test_llama_cpp_computes_from_the_file_what_transformers_does_from_the_folder(folder: Path, kind: str) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    name, own = MODELS[kind]
    torch.manual_seed(5)
    size = json.loads((folder / "config.json").read_text())["vocab_size"]
    settings = getattr(transformers, f"{name}Config")(vocab_size=size, **SIZES, **own)
    model = getattr(transformers, f"{name}ForCausalLM")(settings).eval()
    for parameter in model.parameters():
        # Norms of one and biases of nought would hide an export that forgets them.
        parameter.data += 0.1 * torch.randn_like(parameter)
    model.save_pretrained(folder)
    write_folder_as_gguf(folder, folder / "out.gguf", eight_bits=False)
    ids = [5 + 7 * number % (size - 5) for number in range(40)]
    with torch.inference_mode():
        expected = torch.log_softmax(model(torch.tensor([ids])).logits[0, -1].double(), -1).tolist()
    with engine(folder / "out.gguf") as ask:
        reply = ask("/completion", {"prompt": ids, "n_predict": 1, "temperature": -1, "n_probs": size})
    told = {one["id"]: one["logprob"] for one in reply["completion_probabilities"][0]["top_logprobs"]}
    assert len(told) > size * 0.9
    assert max(abs(told[number] - expected[number]) for number in told if math.isfinite(told[number])) < 0.02


def test_the_tokens_of_the_file_are_those_of_the_folder(folder: Path) -> None:
    write_folder_as_gguf(folder, folder / "out.gguf")
    texts = [PROBE, "the cow and the horse", "<|im_start|>user\nhi<|im_end|>\n"]
    with engine(folder / "out.gguf") as ask:
        for text in texts:
            found = ask("/tokenize", {"content": text, "add_special": False, "parse_special": True})["tokens"]
            assert found == ids_of(folder, text)
    before, after = read_header(folder), read_header(folder / "out.gguf")
    assert after.template == before.template
    assert {name: after.special[name] for name in ("bos_token", "eos_token")} == {
        name: before.special[name] for name in ("bos_token", "eos_token")
    }
    assert (after.context, after.adds_bos) == (64, before.adds_bos)


@pytest.mark.parametrize(
    ("splits", "rule"),
    [
        ([{"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "use_regex": True}], "smollm"),
        ([{"type": "ByteLevel", "use_regex": True}], "gpt-2"),
    ],
)
def test_the_way_words_are_split_is_named(folder: Path, splits: list[dict[str, Any]], rule: str) -> None:
    written = json.loads((folder / "tokenizer.json").read_text())
    written["pre_tokenizer"] = {"type": "Sequence", "pretokenizers": splits}
    (folder / "tokenizer.json").write_text(json.dumps(written))
    assert vocabulary_of(folder, 400).rule == rule


def test_what_cannot_be_exported_is_refused_and_vllm_is_named(folder: Path) -> None:
    written = json.loads((folder / "tokenizer.json").read_text())
    config = json.loads((folder / "config.json").read_text())
    changes = [
        ("config.json", {**config, "architectures": ["GemmaForCausalLM"]}, "GemmaForCausalLM"),
        ("config.json", {**config, "rope_parameters": {"rope_type": "yarn", "factor": 4.0}}, "yarn"),
        ("config.json", {**config, "sliding_window": 16}, "sliding window"),
        ("tokenizer.json", {**written, "pre_tokenizer": {"type": "Whitespace"}}, "Whitespace"),
        ("tokenizer.json", {**written, "normalizer": {"type": "Lowercase"}}, "Lowercase"),
    ]
    for file, changed, said in changes:
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer.json").write_text(json.dumps(written))
        (folder / file).write_text(json.dumps(changed))
        with pytest.raises(BadInput, match=said) as caught:
            write_folder_as_gguf(folder, folder / "out.gguf")
        assert "vLLM" in str(caught.value.remedy)


@pytest.mark.parametrize(
    ("spoiled", "content", "says", "remedy"),
    [
        ("config.json", None, "this folder is no model: it has no config.json", "config.json, tokenizer.json"),
        ("config.json", "{", "config.json: it cannot be read: not JSON", "as Hugging Face keeps it"),
        ("tokenizer.json", None, "the folder has no tokenizer.json", "vLLM"),
        ("tokenizer.json", "[]", "tokenizer.json: it cannot be read", "bring it again"),
        ("model.safetensors", None, r"the folder has no weights (*.safetensors)", "bring them"),
        ("model.safetensors", "short", "model.safetensors: this is no whole file of weights", "bring it again"),
    ],
)
def test_a_folder_that_lacks_something_is_refused_in_words(
    folder: Path, tmp_path: Path, spoiled: str, content: str | None, says: str, remedy: str
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / spoiled).unlink()
    if content is not None:
        (other / spoiled).write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as refused:
        write_folder_as_gguf(other, tmp_path / "model.gguf")
    assert says in str(refused.value)
    assert remedy in refused.value.remedy
    assert "Errno" not in str(refused.value)


def test_a_folder_of_gguf_files_is_told_to_give_one(tmp_path: Path) -> None:
    (tmp_path / "model.q8.gguf").touch()
    with pytest.raises(BadInput) as refused:
        write_folder_as_gguf(tmp_path, tmp_path / "out.gguf")
    assert refused.value.remedy == f"give the file: {tmp_path / 'model.q8.gguf'}"
