"""Where tables are printed: as wide as the terminal, and where nobody watches wide enough to hold the names that one types."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDE = 160


def screen() -> Console:
    """The console of a verb that prints tables."""
    watched = sys.stdout.isatty() or "COLUMNS" in os.environ
    return Console(highlight=False, width=None if watched else WIDE)
