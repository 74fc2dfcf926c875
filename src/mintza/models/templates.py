"""Chat templates: rendering, the raw pre-query prompt, and which pieces bear loss (being written)."""

from __future__ import annotations


class ChatTemplate:
    """A Jinja chat template as a tokenizer or a GGUF file carries it."""
