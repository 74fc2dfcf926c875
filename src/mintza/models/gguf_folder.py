"""The adapter to gguf for a folder alone: a checkpoint of a Llama, Mistral or Qwen with its tokenizer becomes a GGUF file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput, MissingPart
from mintza.models.gguf_export import interleaved, weights_of
from mintza.models.gguf_vocabulary import add_vocabulary, vocabulary_of

_REMEDY = "serve the folder with vLLM: pip install vllm, and run the same command again"
_Q8_0_FILE, _F32_FILE = 7, 0


class _Kind(NamedTuple):
    """architecture: as GGUF calls it.  interleaves: llama.cpp wants rows of q and k of a head in pairs."""

    architecture: str
    interleaves: bool


_KINDS = {
    "LlamaForCausalLM": _Kind("llama", True),
    "MistralForCausalLM": _Kind("llama", True),
    "Qwen2ForCausalLM": _Kind("qwen2", False),
    "Qwen3ForCausalLM": _Kind("qwen3", False),
}


def write_folder_as_gguf(folder: Path, target: Path, *, eight_bits: bool = True) -> None:
    """Write a Hugging Face folder as the GGUF file `target`: matrices in Q8_0 (else float32), the rest in float32.

    Holds the whole file in memory. Raises BadInput for an architecture, a scaling of positions or a tokenizer that it does
    not know, MissingPart without gguf.
    """
    config = _config(folder)
    kind = _kind(config, folder)
    vocabulary = vocabulary_of(folder, _number(config, "vocab_size", folder))
    try:
        import gguf
        from safetensors import safe_open
    except ImportError as error:
        raise MissingPart("exporting a checkpoint needs gguf", remedy="run: pip install 'mintza[local]'") from error
    writer = gguf.GGUFWriter(target, kind.architecture)
    factors = _add_sizes(gguf, writer, config, folder)
    writer.add_file_type(_Q8_0_FILE if eight_bits else _F32_FILE)
    add_vocabulary(writer, vocabulary, folder)
    heads = _number(config, "num_attention_heads", folder)
    pairs = {"attn_q": heads, "attn_k": config.get("num_key_value_heads") or heads} if kind.interleaves else {}
    names = gguf.get_tensor_name_map(_architecture(gguf, kind), _number(config, "num_hidden_layers", folder))
    weights = weights_of(folder, safe_open)
    for own in weights.names:
        if own == "lm_head.weight" and config.get("tie_word_embeddings"):
            continue
        name = names.get_name(own, try_suffixes=(".weight", ".bias"))
        if name is None:
            raise BadInput(
                f"the weight {own} is none that a {kind.architecture} has", place=str(folder), remedy=_REMEDY
            )
        data = weights(own)
        inner = name.split(".")[-2]
        if inner in pairs:
            data = interleaved(data, pairs[inner])
        _add(gguf, writer, name, data, eight_bits=eight_bits)
    if factors is not None:
        writer.add_tensor("rope_freqs.weight", factors)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add(gguf: Any, writer: Any, name: str, data: Any, *, eight_bits: bool) -> None:
    if eight_bits and data.ndim == 2 and data.shape[1] % 32 == 0:
        kind = gguf.GGMLQuantizationType.Q8_0
        writer.add_tensor(name, gguf.quants.quantize(data, kind), raw_dtype=kind)
    else:
        writer.add_tensor(name, data)


def _architecture(gguf: Any, kind: _Kind) -> Any:
    return next(number for number, name in gguf.MODEL_ARCH_NAMES.items() if name == kind.architecture)


def _config(folder: Path) -> dict[str, Any]:
    remedy = "give a model as Hugging Face keeps it: config.json, tokenizer.json, *.safetensors"
    try:
        found = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        files = ", ".join(sorted(str(path) for path in folder.glob("*.gguf"))[:3])
        raise BadInput(
            "this folder is no model: it has no config.json",
            place=str(folder),
            remedy=f"give the file: {files}" if files else remedy,
        ) from None
    except (OSError, ValueError) as error:
        said = getattr(error, "strerror", None) or f"not JSON ({error})"
        raise BadInput(f"it cannot be read: {said}", place=str(folder / "config.json"), remedy=remedy) from None
    return found if isinstance(found, dict) else {}


def _kind(config: dict[str, Any], folder: Path) -> _Kind:
    named = (config.get("architectures") or ["one that does not say its name"])[0]
    kind = _KINDS.get(named)
    if kind is None:
        raise BadInput(
            f"{named} cannot be exported to GGUF from here, only {', '.join(_KINDS)}",
            place=str(folder),
            remedy=_REMEDY,
        )
    window = config.get("sliding_window") if config.get("use_sliding_window", True) else None
    if window and window < (config.get("max_position_embeddings") or 0):
        raise BadInput("attention in a sliding window cannot be exported", place=str(folder), remedy=_REMEDY)
    return kind


def _number(config: dict[str, Any], name: str, folder: Path) -> int:
    value = config.get(name)
    if not isinstance(value, int):
        raise BadInput(f"config.json does not say `{name}`", place=str(folder), remedy=_REMEDY)
    return value


def _add_sizes(gguf: Any, writer: Any, config: dict[str, Any], folder: Path) -> Any:
    """Write the sizes; gives what each frequency of the rotary embedding is divided by, None for nothing."""
    heads, width = _number(config, "num_attention_heads", folder), _number(config, "hidden_size", folder)
    size = config.get("head_dim") or width // heads
    writer.add_name(folder.name)
    writer.add_block_count(_number(config, "num_hidden_layers", folder))
    writer.add_context_length(_number(config, "max_position_embeddings", folder))
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(_number(config, "intermediate_size", folder))
    writer.add_head_count(heads)
    writer.add_head_count_kv(config.get("num_key_value_heads") or heads)
    writer.add_layer_norm_rms_eps(config.get("rms_norm_eps", 1e-6))
    writer.add_vocab_size(_number(config, "vocab_size", folder))
    writer.add_key_length(size)
    writer.add_value_length(size)
    writer.add_rope_dimension_count(size)
    # Since its fifth version transformers writes `rope_parameters`; before, a scaling and a theta beside it.
    rope = config.get("rope_parameters") or {
        **(config.get("rope_scaling") or {}),
        "rope_theta": config.get("rope_theta"),
    }
    theta = float(rope.get("rope_theta") or 10000.0)
    writer.add_rope_freq_base(theta)
    match rope.get("rope_type") or rope.get("type") or "default":
        case "default":
            return None
        case "linear":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LINEAR)
            writer.add_rope_scaling_factor(float(rope["factor"]))
            return None
        case "llama3":
            return _llama3_factors(rope, theta, size)
        case other:
            raise BadInput(f"positions scaled by '{other}' cannot be exported", place=str(folder), remedy=_REMEDY)


def _llama3_factors(rope: dict[str, Any], theta: float, size: int) -> Any:
    """Shape (size / 2,), float32: long waves are slowed by `factor`, short ones not, those between in part (Llama 3.1)."""
    import numpy as np

    least, most = float(rope["low_freq_factor"]), float(rope["high_freq_factor"])
    original, factor = float(rope["original_max_position_embeddings"]), float(rope["factor"])
    factors = []
    for place in range(0, size, 2):
        turns = original / (2 * math.pi * theta ** (place / size))
        part = min(1.0, max(0.0, (turns - least) / (most - least)))
        factors.append(1 / ((1 - part) / factor + part))
    return np.array(factors, dtype=np.float32)
