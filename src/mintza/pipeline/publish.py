"""Puts a report where a person finds it."""

from __future__ import annotations

import shutil
from pathlib import Path

from mintza.records import Artifact
from mintza.store import Store
from mintza.store.disk import explained


def publish(store: Store, report: Artifact, name: str) -> Path:
    """Copy a report's files to `reports/NAME/` in the store, in place of the one before; gives the path of its page."""
    target = store.root / "reports" / name
    coming = target.with_name(f".{name}")
    with explained(target):
        shutil.rmtree(coming, ignore_errors=True)
        shutil.copytree(store.files(report), coming)
        shutil.rmtree(target, ignore_errors=True)
        coming.rename(target)
    return target / "index.html"
