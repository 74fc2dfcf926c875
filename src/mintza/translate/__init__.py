"""STAGES: conversations are brought into the language (translate), and translations worth keeping are kept (check)."""
