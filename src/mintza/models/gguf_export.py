"""The adapter to gguf: a checkpoint of a Llama becomes a GGUF file, with all but the weights as in the file it was trained from."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mintza.errors import BadInput, MissingPart
from mintza.models.gguf import read_gguf

_ARCHITECTURE = "llama"
_Q8_0_FILE = 7
_NAMES = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
    "output": "lm_head",
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def write_gguf(folder: Path, source: Path, target: Path) -> None:
    """Write the weights of a Hugging Face folder as `target`, Q8_0, norms in float32.

    source: the GGUF file that training started from: its keys (tokenizer, template, sizes) are copied.
    Rows of q and k are put in the order that llama.cpp's rotary embedding wants: halves of a head interleaved.
    Raises BadInput when the architecture is not Llama's or a weight is missing, MissingPart without gguf.
    """
    header = read_gguf(source)
    architecture = header.text("general.architecture")
    if architecture != _ARCHITECTURE:
        raise BadInput(
            f"only checkpoints of the architecture {_ARCHITECTURE} can be exported, and this is {architecture}",
            place=str(source),
            remedy="serve the folder with vLLM",
        )
    try:
        import gguf
        from safetensors import safe_open
    except ImportError as error:
        raise MissingPart("exporting a checkpoint needs gguf", remedy="run: pip install 'mintza[local]'") from error
    heads = header.number("llama.attention.head_count") or 1
    pairs = {"attn_q": heads, "attn_k": header.number("llama.attention.head_count_kv") or heads}
    reader = gguf.GGUFReader(source)
    writer = gguf.GGUFWriter(target, _ARCHITECTURE)
    _copy_keys(gguf, reader, writer)
    weights = weights_of(folder, safe_open)
    for tensor in reader.tensors:
        name = _name(tensor.name)
        data = weights(name)
        kind = tensor.name.split(".")[-2]
        if kind in pairs:
            data = interleaved(data, pairs[kind])
        if data.ndim == 2 and data.shape[1] % 32 == 0:
            quantised = gguf.quants.quantize(data, gguf.GGMLQuantizationType.Q8_0)
            writer.add_tensor(tensor.name, quantised, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
        else:
            writer.add_tensor(tensor.name, data)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _copy_keys(gguf: Any, reader: Any, writer: Any) -> None:
    for field in reader.fields.values():
        if field.name.startswith("GGUF.") or field.name in {"general.architecture", "general.file_type"}:
            continue
        array = field.types[0] == gguf.GGUFValueType.ARRAY
        writer.add_key_value(field.name, field.contents(), field.types[0], sub_type=field.types[-1] if array else None)
    writer.add_file_type(_Q8_0_FILE)


class Weights:
    """The weights of a checkpoint by name, one after the other as float32."""

    def __init__(self, folder: Path, files: Sequence[Any]) -> None:
        self._folder = folder
        self._where = {name: file for file in files for name in file.keys()}  # noqa: SIM118 - no mapping

    @property
    def names(self) -> list[str]:
        """Of all."""
        return list(self._where)

    def __call__(self, name: str) -> Any:
        """One. Raises BadInput when it is not there."""
        if name not in self._where:
            raise BadInput(f"the checkpoint has no weight {name}", place=str(self._folder))
        return self._where[name].get_tensor(name).float().numpy()


def weights_of(folder: Path, safe_open: Any) -> Weights:
    """The weights in a folder's safetensors. Raises BadInput when there are none, or a file is not whole."""
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        raise BadInput(
            "the folder has no weights (*.safetensors)",
            place=str(folder),
            remedy="bring them, or save them in that form",
        )
    return Weights(folder, [_opened(path, safe_open) for path in paths])


def _opened(path: Path, safe_open: Any) -> Any:
    from safetensors import SafetensorError

    try:
        return safe_open(path, framework="pt")
    except (OSError, SafetensorError) as error:
        raise BadInput(f"this is no whole file of weights: {error}", place=str(path), remedy="bring it again") from None


def _name(tensor: str) -> str:
    """`blk.3.attn_q.weight` -> `model.layers.3.self_attn.q_proj.weight`."""
    found = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.weight", tensor)
    if found is None or found[2] not in _NAMES:
        raise BadInput(f"the weight {tensor} is none that a Llama has", remedy="serve the folder with vLLM")
    layer = f"model.layers.{found[1]}." if found[1] else ""
    return f"{layer}{_NAMES[found[2]]}.weight"


def interleaved(data: Any, heads: int) -> Any:
    """Rows of q or k in the order that llama.cpp's rotary embedding of a Llama wants."""
    shape = data.shape
    return data.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)
