"""The adapter to transformers: a backbone becomes a model in fp32, a trained model becomes a folder."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from mintza.errors import BadInput

TOKENIZER_CONFIG = "tokenizer_config.json"
OF_THIS_MACHINE = ("name_or_path", "local_files_only", "is_local", "gguf_file")
"""What transformers writes into the tokenizer's settings that is of where it came from, not of what it is."""


def load_model(location: str, attention: str) -> Any:
    """A causal language model in fp32, ready to be trained, from a Hugging Face folder or a GGUF file (dequantised).

    Raises BadInput when there is no such model or transformers cannot read it.
    """
    import transformers

    with _quiet(), _explained(location):
        place, extra = _source(location)
        model = transformers.AutoModelForCausalLM.from_pretrained(
            place, dtype="float32", attn_implementation=attention, local_files_only=True, **extra
        )
        if getattr(model.config, "quantization_config", None) is None:
            return model
        # A model that came from GGUF refuses to be saved: its weights move to one that never was quantised.
        del model.config.quantization_config
        clean = transformers.AutoModelForCausalLM.from_config(model.config, attn_implementation=attention)
        clean.load_state_dict(model.state_dict(), assign=True)
        clean.tie_weights()
        clean.generation_config = model.generation_config
        return clean.float()


def export_model(
    model: Any,
    folder: Path,
    *,
    location: str,
    template: str | None,
    end_of_turn: Sequence[int],
    precision: Literal["bf16", "fp32"],
) -> None:
    """Write weights, configuration, tokenizer, chat template and generation settings; the model is spent afterwards.

    location: of the backbone, whose tokenizer it is.  template: Jinja source to carry, None for the backbone's own.
    end_of_turn: tokens at which the model must stop beside those at which the backbone did.
    """
    import transformers

    shutil.rmtree(folder, ignore_errors=True)
    aside = folder.with_name(f".{folder.name}")
    shutil.rmtree(aside, ignore_errors=True)
    with _quiet():
        if precision == "bf16":
            model = model.bfloat16()
        model.config.use_cache = True
        _stop_at(model.generation_config, end_of_turn)
        model.save_pretrained(aside)
        place, extra = _source(location)
        tokenizer = transformers.AutoTokenizer.from_pretrained(place, local_files_only=True, **extra)
        if template is not None:
            tokenizer.chat_template = template
        tokenizer.save_pretrained(aside)
    _forget_machine(aside / TOKENIZER_CONFIG)
    aside.rename(folder)


def _source(location: str) -> tuple[str, dict[str, str]]:
    path = Path(location)
    return (str(path.parent), {"gguf_file": path.name}) if path.suffix == ".gguf" else (str(path), {})


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
def _quiet() -> Iterator[None]:
    """No progress bars of transformers: ours is the one that is shown."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def _explained(location: str) -> Iterator[None]:
    if not Path(location).exists():
        raise BadInput("there is no such model", place=location, remedy="look at the backbone's place in the study")
    try:
        yield
    except (OSError, ValueError, KeyError) as error:
        raise BadInput(
            f"transformers cannot read this model: {str(error).strip().splitlines()[0]}",
            place=location,
            remedy="give a Hugging Face folder or a GGUF file of a causal language model that transformers knows",
        ) from error
