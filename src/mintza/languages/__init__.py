"""LANGUAGES AS DATA: one folder a language, each with a `language.yaml`; nothing here is particular to any of them."""

from mintza.languages.loader import known, load, load_sample_prompts
from mintza.languages.names import Named, codes_of, named

__all__ = ["Named", "codes_of", "known", "load", "load_sample_prompts", "named"]
