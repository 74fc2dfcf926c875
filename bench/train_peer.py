"""One trainer on rows that lie ready, in a process of its own: `train_peer.py ours|trainer|trl FOLDER`.

FOLDER holds `backbone` (a Hugging Face folder), `rows` (as `prepare` leaves them) and `asked.json` (the settings of all). It says READY
after its first step, which is measured with its start and counts for nothing. For each line that it is sent it does one step more, and
answers with a line of JSON: seconds of the clock and of the processor, loss, most memory so far, rate of a matrix product.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
Told = dict[str, Any]
SIZE, TIMES = 2048, 4


class Stopwatch:
    """Answers each line of the standard input with what the step before cost; a line that is empty ends the process.

    dtype: of the matrix products whose rate is told too, None for no rate.  shapes: of the model's own products, (times, m, k, n).
    """

    def __init__(self, dtype: str | None, shapes: Sequence[tuple[int, int, int, int]]) -> None:
        self._dtype = dtype
        self._shapes = shapes
        self._began: tuple[float, float] | None = None

    def step_done(self, loss: float) -> None:
        """Say what the step cost, and wait until the next is wanted."""
        now = clocks()
        if self._began is None:
            say("READY")
        else:
            wall, cpu = (after - before for after, before in zip(now, self._began, strict=True))
            told = {"wall_s": wall, "cpu_s": cpu, "loss": loss, "peak_bytes": peak()}
            say(json.dumps(told | (rates(self._dtype, self._shapes) if self._dtype else {})))
        if not sys.stdin.readline().strip():
            os._exit(0)  # what the trainers would write at their end is of no interest
        self._began = clocks()


def say(line: str) -> None:
    """A line for whoever started this."""
    sys.__stdout__.write(f"SAID {line}\n")  # type: ignore[union-attr]
    sys.__stdout__.flush()  # type: ignore[union-attr]


def clocks() -> tuple[float, float]:
    """Seconds of the clock, and of the processor by all threads of this process."""
    return time.perf_counter(), time.process_time()


def rates(dtype: str, shapes: Sequence[tuple[int, int, int, int]]) -> Told:
    """Operations a second, and a second of the processor, of a square product, and by the clock of the model's own forward products."""
    wall, cpu = product(dtype, SIZE, SIZE, SIZE)
    own = [(times * 2.0 * m * k * n, times * product(dtype, m, k, n)[0]) for times, m, k, n in shapes]
    done, taken = (sum(column) for column in zip(*own, strict=True))
    square = 2.0 * SIZE**3
    return {"matmul": square / wall, "matmul_cpu": square / cpu, "matmul_own": done / taken}


def product(dtype: str, m: int, k: int, n: int) -> tuple[float, float]:
    """Seconds of a product into memory that is there already: the best of some, by the clock and by the processor."""
    import torch

    kind = getattr(torch, dtype)
    a, b, into = torch.randn(m, k).to(kind), torch.randn(n, k).to(kind).t(), torch.empty(m, n, dtype=kind)
    taken = []
    for _ in range(TIMES):
        began = clocks()
        torch.mm(a, b, out=into)
        taken.append([after - before for after, before in zip(clocks(), began, strict=True)])
    wall, cpu = (min(column) for column in zip(*taken, strict=True))
    return wall, cpu


def products_of(config: Told, length: int) -> list[tuple[int, int, int, int]]:
    """The products of a forward pass of a row, attention left out: how many, and their shapes."""
    width, inner, layers = config["hidden_size"], config["intermediate_size"], config["num_hidden_layers"]
    head = config.get("head_dim") or width // config["num_attention_heads"]
    queries, keys = head * config["num_attention_heads"], head * config["num_key_value_heads"]
    shapes = [(1, width, queries), (2, width, keys), (1, queries, width), (2, width, inner), (1, inner, width)]
    found = [(times * layers, length, k, n) for times, k, n in shapes]
    return [*found, (1, length, width, config["vocab_size"])]


def ours(folder: Path, asked: Told, watch: Stopwatch) -> None:
    """Mintza's own loop, as a study runs it."""
    from mintza.records import Backbone, TrainingStep, Variant
    from mintza.train.settings import TrainExecution, TrainSettings
    from mintza.train.stage import train_here

    settings = TrainSettings(
        token_budget=asked["steps"] * asked["rows_per_step"] * asked["length"],
        rows_per_step=asked["rows_per_step"],
        peak_learning_rate=asked["learning_rate"],
        warm_up=0.0,
        final_share=1.0,
        neftune_alpha=0.0,
        evaluate_rows=0,
        precision=asked["precision"],
        execution=TrainExecution(micro_batch_rows=asked["micro"], threads=asked["threads"], checkpoint_every=10_000),
    )
    workspace = folder / "workspace"
    workspace.mkdir()
    backbone = Backbone(
        name="b", kind="folder", location=str(folder / "backbone"), revision="r", license="", instructed=False
    )
    for step in train_here(
        settings,
        backbone=backbone,
        variant=Variant(backbone="b", mixture=("corpus",), seed=asked["seed"]),
        prepared=folder / "rows",
        workspace=workspace,
    ):
        if isinstance(step, TrainingStep):
            watch.step_done(step.loss)


def transformers_trainer(folder: Path, asked: Told, watch: Stopwatch) -> None:
    """The Trainer of transformers."""
    from transformers import Trainer, TrainingArguments

    _hugging_face(folder, asked, watch, Trainer, TrainingArguments, {})


def trl_trainer(folder: Path, asked: Told, watch: Stopwatch) -> None:
    """The SFTTrainer of TRL, on rows that are tokens already."""
    from trl import SFTConfig, SFTTrainer

    _hugging_face(folder, asked, watch, SFTTrainer, SFTConfig, {"max_length": None, "packing": False})


def _hugging_face(folder: Path, asked: Told, watch: Stopwatch, trainer: Any, arguments: Any, more: Told) -> None:
    import torch
    from datasets import Dataset
    from transformers import AutoModelForCausalLM, AutoTokenizer, Trainer, TrainerCallback, default_data_collator

    from mintza.train.rows import PackedRows
    from mintza.train.schedule import rows_of_step

    torch.set_num_threads(asked["threads"])
    rows = PackedRows(folder / "rows", "train")
    order = [
        row
        for step in range(1, asked["steps"] + 1)
        for row in rows_of_step(step, rows_per_step=asked["rows_per_step"], rows=len(rows), seed=asked["seed"])
    ]
    ids = rows.batch(order).input_ids.tolist()

    class Listens(TrainerCallback):  # type: ignore[misc]
        def on_log(self, *_: Any, logs: Told | None = None, **__: Any) -> None:
            if logs and "loss" in logs:
                watch.step_done(float(logs["loss"]))

    class InOrder(trainer):  # type: ignore[misc]
        def _get_train_sampler(self, *_: Any, **__: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    model = AutoModelForCausalLM.from_pretrained(folder / "backbone", dtype=torch.float32)
    InOrder(
        model=model,
        args=_arguments(arguments, folder, asked, more),
        train_dataset=Dataset.from_dict(
            {"input_ids": ids, "labels": ids, "attention_mask": [[1] * len(r) for r in ids]}
        ),
        data_collator=default_data_collator if trainer is Trainer else None,  # TRL's own makes masks that it asks for
        processing_class=AutoTokenizer.from_pretrained(folder / "backbone"),
        callbacks=[Listens()],
    ).train()


def _arguments(kind: Any, folder: Path, asked: Told, more: Told) -> Any:
    return kind(
        output_dir=str(folder / f"out-{kind.__name__}"),
        per_device_train_batch_size=asked["micro"],
        gradient_accumulation_steps=asked["rows_per_step"] // asked["micro"],
        max_steps=asked["steps"],
        learning_rate=asked["learning_rate"],
        lr_scheduler_type="constant",
        weight_decay=0.1,
        adam_beta2=0.95,
        max_grad_norm=1.0,
        bf16=asked["precision"] == "bf16",
        use_cpu=True,
        optim="adamw_torch_fused",
        gradient_checkpointing=False,
        logging_steps=1,
        logging_strategy="steps",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        seed=asked["seed"],
        **more,
    )


def peak() -> int:
    """Most memory that this process has held, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def main() -> None:
    """Run one of them, step by step as it is told."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    asked = json.loads((folder / "asked.json").read_text())
    sys.stdout = sys.stderr  # only our own lines go out
    kind = "bfloat16" if asked["precision"] == "bf16" else "float32"
    config = json.loads((folder / "backbone" / "config.json").read_text())
    watch = Stopwatch(kind if name == "ours" else None, products_of(config, asked["length"]))
    {"ours": ours, "trainer": transformers_trainer, "trl": trl_trainer}[name](folder, asked, watch)


main()
