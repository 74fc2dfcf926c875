"""The adapter to transformers: a backbone becomes a model that can be trained, a trained model becomes a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from mintza.models.hugging_face import read_model, read_tokenizer, write_folder

TOKENIZER_CONFIG = "tokenizer_config.json"
SHARD = "5GB"
OF_THIS_MACHINE = ("name_or_path", "local_files_only", "is_local", "gguf_file")
"""What transformers writes into the tokenizer's settings that is of where it came from, not of what it is."""


def as_folder(location: Path, workspace: Path) -> Path:
    """The backbone as a Hugging Face folder: itself, or what a GGUF file is dequantised to in WORKSPACE/weights.

    The revision of what is trained stays that of the file. Raises BadInput when transformers cannot read it.
    """
    if location.suffix != ".gguf":
        return location
    folder = workspace / "weights"
    if not folder.exists():
        write_folder(location, folder, None)
    return folder


def load_model(folder: Path, attention: str) -> Any:
    """A causal language model in fp32. Raises BadInput when there is none or transformers cannot read it."""
    model = read_model(folder, "float32")
    model.set_attn_implementation(attention)
    return model


def empty_model(folder: Path, attention: str) -> Any:
    """The same model without room for its weights; what it computes from its configuration is there."""
    import torch
    from accelerate import init_empty_weights
    from transformers import AutoConfig, AutoModelForCausalLM

    config = AutoConfig.from_pretrained(folder, local_files_only=True)
    with init_empty_weights(include_buffers=False):
        return AutoModelForCausalLM.from_config(config, dtype=torch.float32, attn_implementation=attention)


def export_model(
    model: Any,
    folder: Path,
    *,
    source: Path,
    template: str | None,
    end_of_turn: Sequence[int],
    precision: Literal["bf16", "fp32"],
) -> None:
    """Write weights, configuration, tokenizer, chat template and generation settings; the model is spent afterwards.

    source: folder of the backbone, whose tokenizer it is.  template: Jinja source to carry, None for the backbone's own.
    end_of_turn: tokens at which the model must stop beside those at which the backbone did.
    """
    aside = folder.with_name(f".{folder.name}")
    for old in (aside, folder):
        shutil.rmtree(old, ignore_errors=True)
    if precision == "bf16":
        model = model.bfloat16()
    model.config.use_cache = True
    _stop_at(model.generation_config, end_of_turn)
    tokenizer = read_tokenizer(source)
    if template is not None:
        tokenizer.chat_template = template
    with _no_bars():
        model.save_pretrained(aside, max_shard_size=SHARD)
        tokenizer.save_pretrained(aside)
    _forget_machine(aside / TOKENIZER_CONFIG)
    for path in aside.iterdir():  # safetensors lets only its owner read what it writes
        path.chmod((aside / TOKENIZER_CONFIG).stat().st_mode)
    aside.rename(folder)


def _stop_at(generation: Any, tokens: Sequence[int]) -> None:
    known = generation.eos_token_id
    stops = [known] if isinstance(known, int) else list(known or ())
    stops += [token for token in tokens if token not in stops]
    if stops:
        generation.eos_token_id = stops if len(stops) > 1 else stops[0]
    generation._from_model_config = False  # else transformers would derive it anew, without these stops


def _forget_machine(path: Path) -> None:
    settings = json.loads(path.read_text(encoding="utf-8"))
    kept = {name: value for name, value in settings.items() if name not in OF_THIS_MACHINE}
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


@contextmanager
def _no_bars() -> Iterator[None]:
    """No progress bars of transformers: ours is the one that is shown."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()
