from __future__ import annotations

from pathlib import Path

import pytest

from mintza.errors import BadInput
from mintza.models.gguf import read_gguf
from mintza.models.gguf_export import write_gguf
from tiny import llama

LAYER = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output", "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")


def source(path: Path, vocabulary: int, architecture: str = "llama") -> Path:
    """A GGUF file of the sizes of `tiny.llama`, whose weights are nothing: only its keys and names count."""
    gguf = pytest.importorskip("gguf", reason="gguf is not installed (pip install 'mintza[local]')")
    numpy = pytest.importorskip("numpy")
    writer = gguf.GGUFWriter(path, architecture)
    writer.add_block_count(2)
    writer.add_context_length(64)
    writer.add_embedding_length(32)
    writer.add_feed_forward_length(64)
    writer.add_head_count(4)
    writer.add_head_count_kv(2)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(vocabulary)
    writer.add_file_type(0)
    writer.add_array("tokenizer.ggml.tokens", [f"t{number}" for number in range(vocabulary)])
    names = [f"blk.{layer}.{name}.weight" for layer in range(2) for name in LAYER]
    for name in ("token_embd.weight", "output_norm.weight", *names):
        writer.add_tensor(name, numpy.zeros((1,), dtype=numpy.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def test_an_exported_checkpoint_computes_what_it_did(tmp_path: Path) -> None:
    """Transformers reads the file by its own code, which puts q and k back; only Q8_0's rounding is between the two."""
    torch = pytest.importorskip("torch", reason="torch is not installed (pip install 'mintza[local]')")
    transformers = pytest.importorskip("transformers")
    own = llama(48, seed=3, initializer_range=0.3, max_position_embeddings=64)
    own.save_pretrained(tmp_path / "folder")
    write_gguf(tmp_path / "folder", source(tmp_path / "source.gguf", 48), tmp_path / "out.gguf")
    read = transformers.LlamaForCausalLM.from_pretrained(tmp_path, gguf_file="out.gguf", dtype=torch.float32)
    ids = torch.arange(1, 33).unsqueeze(0)
    with torch.inference_mode():
        expected, found = own(ids).logits, read(ids).logits
    assert float((expected - found).abs().mean()) < 0.05 * float(expected.std())
    header = read_gguf(tmp_path / "out.gguf")
    assert header.number("general.file_type") == 7
    assert header.number("llama.attention.head_count_kv") == 2
    assert header.strings("tokenizer.ggml.tokens", [5]) == ["t5"]


def test_another_architecture_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="gemma"):
        write_gguf(tmp_path, source(tmp_path / "source.gguf", 8, "gemma"), tmp_path / "out.gguf")
