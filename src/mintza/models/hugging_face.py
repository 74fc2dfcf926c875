"""The adapter to transformers: a folder or GGUF file becomes a tokenizer, a model, or a folder of plain weights."""

from __future__ import annotations

import io
import json
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

from mintza.errors import BadInput, MissingPart
from mintza.models.headers import Header, read_header
from mintza.models.settings import Dtype

_OF_THIS_MACHINE = ("name_or_path", "local_files_only", "is_local", "gguf_file")


def read_tokenizer(location: Path) -> Any:
    """The fast tokenizer of a folder or GGUF file. Raises BadInput when there is none that transformers can read."""
    with _reading(location) as transformers:
        place, extra = _source(location)
        return transformers.AutoTokenizer.from_pretrained(place, local_files_only=True, use_fast=True, **extra)


def read_model(location: Path, dtype: Dtype) -> Any:
    """A causal language model with dense weights in `dtype`, for inference. Raises BadInput when it cannot be read."""
    with _reading(location) as transformers:
        place, extra = _source(location)
        if extra:
            # Without this, a machine with the kernels for it would keep the quantised blocks.
            extra["quantization_config"] = transformers.GgufConfig(dequantize=True)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            place, dtype=dtype, attn_implementation="sdpa", local_files_only=True, **extra
        )
        return model.eval()


def write_folder(location: Path, folder: Path, template: str | None) -> None:
    """Write a model, its tokenizer, chat template and generation settings as a Hugging Face folder of float32 weights.

    Tied embeddings stay tied. The folder is there whole or not at all. template: Jinja source that stands in for the model's own.
    Raises BadInput when the model cannot be read.
    """
    header = read_header(location)
    model = read_model(location, "float32")
    tokenizer = read_tokenizer(location)
    aside = folder.with_name(f".{folder.name}")
    for old in (aside, folder):
        shutil.rmtree(old, ignore_errors=True)
    with _reading(location) as transformers:
        dense = _dense(transformers, model)
        dense.save_pretrained(aside)
        tokenizer.chat_template = template or header.template
        tokenizer.save_pretrained(aside)
    _settle(aside, header)
    for path in aside.iterdir():
        path.chmod(0o644)  # weights are written for their owner alone
    aside.rename(folder)


def _dense(transformers: Any, model: Any) -> Any:
    """The same weights in a model that never was quantised: the other refuses to be saved."""
    import torch

    config = model.config
    if getattr(config, "quantization_config", None) is not None:
        del config.quantization_config
    with torch.device("meta"):
        clean = transformers.AutoModelForCausalLM.from_config(config)
    clean.load_state_dict(model.state_dict(), assign=True)
    clean.tie_weights()
    clean.generation_config = model.generation_config
    return clean


def _settle(folder: Path, header: Header) -> None:
    """Leave nothing of this machine in the settings, and say how long a text may be."""
    path = folder / "tokenizer_config.json"
    settings = json.loads(path.read_text(encoding="utf-8"))
    kept = {name: value for name, value in settings.items() if name not in _OF_THIS_MACHINE}
    if header.context is not None:
        kept["model_max_length"] = header.context
    path.write_text(json.dumps(kept, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config = {name: value for name, value in config.items() if name not in ("_name_or_path", "_model_name_or_path")}
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False, sort_keys=True) + "\n", encoding="utf-8")


def _source(location: Path) -> tuple[str, dict[str, Any]]:
    return (str(location.parent), {"gguf_file": location.name}) if location.is_file() else (str(location), {})


@contextmanager
def _reading(location: Path) -> Iterator[Any]:
    """transformers without its bars and warnings; what it raises becomes an error for a person."""
    if not location.exists():
        raise BadInput(
            "there is no such model", place=str(location), remedy="look at the backbone's place in the study"
        )
    try:
        import transformers
    except ImportError as error:
        raise MissingPart("this needs transformers and torch", remedy="run: pip install 'mintza[local]'") from error
    said = io.StringIO()
    try:
        with _quiet(transformers), redirect_stderr(said):
            yield transformers
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise BadInput(
            f"transformers cannot read this model: {first}",
            place=str(location),
            remedy="give a Hugging Face folder or a GGUF file of a causal language model that transformers knows",
        ) from error


@contextmanager
def _quiet(transformers: Any) -> Iterator[None]:
    """No bars, no warnings; as it was before afterwards."""
    logging = transformers.utils.logging
    level, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.set_verbosity(level)
        if bars:
            logging.enable_progress_bar()
