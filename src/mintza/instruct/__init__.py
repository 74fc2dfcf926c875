"""STAGES: a model writes conversations (sample), those worth keeping are kept (filter), and those that people wrote are read (written)."""
