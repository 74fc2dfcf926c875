"""LANGUAGES AS DATA: one folder a language, each with a `language.yaml`; nothing here is particular to any of them."""

from mintza.languages.loader import known, load, load_sample_prompts

__all__ = ["known", "load", "load_sample_prompts"]
