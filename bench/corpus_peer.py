"""The peer's chain, run in an environment of its own: datatrove at its documented settings, on whitespace words.

Reading, personal data, Gopher's quality (with Basque stop words: the built-in ones are English), MinHash in four stages
(14 buckets of 8, word 5-grams, 64-bit hashes: its documented best), writing. Whitespace words are seven times as fast as its
own Basque words and lose nothing here. No language is judged: its identifiers bring a model over the network.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupBuckets, MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import MinhashConfig
from datatrove.pipeline.filters import GopherQualityFilter
from datatrove.pipeline.formatters import PIIFormatter
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.writers.jsonl import JsonlWriter
from datatrove.utils.hashing import HashConfig
from datatrove.utils.word_tokenizers import WordTokenizer

STOP_WORDS = [
    "eta",
    "da",
    "ez",
    "du",
    "dira",
    "edo",
    "bat",
    "izan",
    "dago",
    "hau",
    "ere",
    "baino",
    "dute",
    "zuen",
    "egin",
]


class WhitespaceWords(WordTokenizer):
    """What stands between white space."""

    def word_tokenize(self, text: str) -> list[str]:
        """Words."""
        return text.split()

    def sent_tokenize(self, text: str) -> list[str]:
        """Lines."""
        return text.split("\n")

    def span_tokenize(self, text: str) -> list[tuple[int, int]]:
        """The whole text."""
        return [(0, len(text))]


def run(source: str, work: Path, *, whole: bool) -> list[str]:
    """Run the four stages, after the filters when the whole chain is asked for; gives the ids that are left."""
    config = MinhashConfig(hash_config=HashConfig(precision=64), num_buckets=14, hashes_per_bucket=8, n_grams=5)
    words = WhitespaceWords()
    clean = str(work / "clean")
    filters = [PIIFormatter(), GopherQualityFilter(min_doc_words=10, stop_words=STOP_WORDS, language=words)]
    first = [JsonlReader(source), *(filters if whole else []), JsonlWriter(clean, compression=None)]
    stages = [
        [*first[:-1], first[-1], MinhashDedupSignature(str(work / "signatures"), config=config, language=words)],
        [MinhashDedupBuckets(str(work / "signatures"), str(work / "buckets"), config=config)],
        [MinhashDedupCluster(str(work / "buckets"), str(work / "remove"), config=config)],
        [
            JsonlReader(clean),
            MinhashDedupFilter(str(work / "remove")),
            JsonlWriter(str(work / "out"), compression=None),
        ],
    ]
    for number, pipeline in enumerate(stages):
        tasks = config.num_buckets if number == 1 else 1
        LocalPipelineExecutor(pipeline, tasks=tasks, workers=1, logging_dir=str(work / f"logs{number}")).run()
    return [json.loads(line)["id"] for path in sorted((work / "out").glob("*.jsonl")) for line in path.open()]


def main() -> None:
    """Arguments: folder of JSONL, work folder, `whole` or `near`; prints the figures as the last line."""
    began = time.perf_counter()
    left = run(sys.argv[1], Path(sys.argv[2]), whole=sys.argv[3] == "whole")
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    memory = max(one.ru_maxrss for one in used) / 1024
    print(json.dumps({"left": left, "cpu": cpu, "wall": time.perf_counter() - began, "megabytes": memory}))


if __name__ == "__main__":
    main()
