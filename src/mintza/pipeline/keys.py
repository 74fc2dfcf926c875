"""The key of an artifact: sha256 of all that decides it, and of nothing else."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Any


def key_of(stage: str, revision: int, libraries: dict[str, str], settings: dict[str, Any], parents: list[str]) -> str:
    """Hex sha256 over stage, revision, library versions, settings with defaults, and the parents' keys in order."""
    decides = {
        "stage": stage,
        "revision": revision,
        "libraries": libraries,
        "settings": settings,
        "parents": parents,
    }
    return hashlib.sha256(json.dumps(decides, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def library_version(name: str) -> str:
    """The installed version of a distribution, without a local label such as `+cpu`; `absent` when it is not installed."""
    try:
        return _version(distribution(name)).partition("+")[0]
    except PackageNotFoundError:
        return "absent"


def _version(installed: Distribution) -> str:
    """From the one line that says it: the parser of the whole takes milliseconds a library, and a plan asks a dozen."""
    head = (installed.read_text("METADATA") or "").partition("\n\n")[0]
    said = re.search(r"^Version: *(\S+)", head, re.MULTILINE)
    return said[1] if said else installed.version


@cache
def commit() -> str | None:
    """The commit of the code that runs, None when it is not a checkout. Recorded in manifests, never keyed."""
    folder = Path(__file__).parent
    try:
        done = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=folder, capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None if done.returncode == 0 else None
