"""Writing that outlasts a power cut: a file whose folder was not synced may be gone after it."""

from __future__ import annotations

import os
from pathlib import Path


def sync_path(path: Path) -> None:
    """Make what a file holds, or the names in a folder, durable. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_whole(descriptor: int, content: bytes) -> None:
    """Write all of it, however little the system takes at a time. Raises OSError; a part may then be written."""
    written = 0
    while written < len(content):
        written += os.write(descriptor, content[written:])
