"""One run of the corpus stage in a process of its own, with what it cost, as a line of JSON."""

from __future__ import annotations

import hashlib
import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

import msgspec

from mintza import languages
from mintza.corpus.settings import CorpusSettings
from mintza.corpus.stage import build
from mintza.progress import silent
from mintza.records import Document


def main() -> None:
    """Arguments: a JSON object {input, workspace, settings, removed?}; prints the figures."""
    asked: dict[str, Any] = json.loads(sys.argv[1])
    source = {"kind": "folder", "name": "b", "path": asked["input"], "language": "eus_Latn", "license": "MPL-2.0"}
    settings = CorpusSettings.model_validate_json(json.dumps({"sources": [source], **asked["settings"]}))
    known = [languages.load(code) for code in ("eus_Latn", "spa_Latn", "eng_Latn")]
    began = time.perf_counter()
    digest = hashlib.sha256()
    encoder = msgspec.json.Encoder()
    documents = 0
    removed = []
    for record in build(
        settings,
        base=Path("/"),
        languages=known,
        target=known[0],
        workspace=Path(asked["workspace"]),
        seed=1,
        progress=silent,
    ):
        digest.update(encoder.encode(record) + b"\n")
        if isinstance(record, Document):
            documents += 1
        elif record.unit == "document" and not record.kept:
            removed.append(record.record_id.rpartition(":")[2])
    own, workers = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    print(
        json.dumps(
            {
                "sha256": digest.hexdigest(),
                "documents": documents,
                "wall": time.perf_counter() - began,
                "cpu": own.ru_utime + own.ru_stime,
                "cpu_workers": workers.ru_utime + workers.ru_stime,
                "megabytes": own.ru_maxrss / 1024,
                "megabytes_worker": workers.ru_maxrss / 1024,
                "removed": removed if asked.get("removed") else len(removed),
            }
        )
    )


if __name__ == "__main__":
    main()
