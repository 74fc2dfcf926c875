"""Memory of the selection for millions of documents, of which only hashes are made up: no text is read."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from mintza.corpus.selecting import Selection
from mintza.corpus.settings import CorpusSettings
from mintza.corpus.shards import DRAW, EXACT_HIGH, EXACT_LOW, Entry

COPIES = 0.02


class MadeUp:
    """Shards of documents of which the last two in a hundred are near copies of the first ones: they share two bands of three."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._copies = int(count * COPIES)

    def __len__(self) -> int:
        return self._count

    def column(self, number: int) -> Any:
        if number == EXACT_LOW:
            return np.zeros(self._count, dtype=np.uint64)
        return np.random.default_rng(number).integers(0, 1 << 63, self._count, dtype=np.uint64)

    def band(self, number: int) -> Any:
        keys = np.random.default_rng(100 + number).integers(0, 1 << 63, self._count, dtype=np.uint64)
        if number % 3:
            keys[-self._copies :] = keys[: self._copies]
        return keys

    def shingles(self, place: int, bands: int) -> Any:
        same = place % (self._count - self._copies)
        return np.arange(same * 64, same * 64 + 60, dtype=np.uint64)

    def orders(self) -> list[Any]:
        def run() -> Iterator[Entry]:
            for place in range(self._count):
                yield Entry(True, f"source/file.jsonl:{place:09}", place)

        return [None, run]


def main() -> None:
    """Argument: how many documents; prints bytes a document and what was found."""
    count = int(sys.argv[1])
    source = {"kind": "folder", "name": "b", "path": "x", "language": "eus_Latn", "license": "MIT"}
    settings = CorpusSettings.model_validate_json(json.dumps({"sources": [source]}))
    assert {EXACT_HIGH, EXACT_LOW, DRAW} == {0, 1, 2}
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        made_up: Any = MadeUp(count)
        selection = Selection(made_up, settings, aside=0, early=0, seed=1, folder=Path(folder))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    found = SimpleNamespace(**{"_".join(cause): number for cause, number in selection.causes().items()})
    print(
        json.dumps(
            {
                "documents": count,
                "bytes_a_document": (after - before) / count,
                "megabytes": after / 1e6,
                "cpu": time.process_time() - began,
                "copies": int(count * COPIES),
                "found": getattr(found, "near_document_near copy of another", 0),
            }
        )
    )


if __name__ == "__main__":
    main()
