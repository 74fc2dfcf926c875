"""Mintza: one study file in, an instructed model for a language and the evidence for how it was made out."""

__version__ = "0.1.0"
