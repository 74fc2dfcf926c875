"""One trainer on rows that lie ready, in a process of its own: `train_peer.py ours|trainer|trl FOLDER`; prints a line of JSON.

FOLDER holds `backbone` (a Hugging Face folder), `rows` (as `prepare` leaves them) and `asked.json` (the settings of all).
"""

from __future__ import annotations

import json
import resource
import sys
import time
import warnings
from pathlib import Path
from typing import Any

warnings.simplefilter("ignore")
Told = dict[str, Any]


def matmul_rate(dtype: str, size: int = 2048, times: int = 4) -> float:
    """Operations a second of a square product, the best of some."""
    import torch

    a, b = (torch.randn(size, size).to(getattr(torch, dtype)) for _ in range(2))
    best = float("inf")
    for _ in range(times):
        began = time.perf_counter()
        a @ b
        best = min(best, time.perf_counter() - began)
    return 2 * size**3 / best


def ours(folder: Path, asked: Told) -> Told:
    """Mintza's own loop, as a study runs it."""
    from mintza.records import Backbone, Variant
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
    ends: list[float] = []

    def listen(done: int, total: int | None, note: str = "") -> None:
        ends.append(time.perf_counter())

    workspace = folder / "workspace"
    workspace.mkdir()
    backbone = Backbone(
        name="b", kind="folder", location=str(folder / "backbone"), revision="r", license="", instructed=False
    )
    losses = []
    for step in train_here(
        settings,
        backbone=backbone,
        variant=Variant(backbone="b", mixture=("corpus",), seed=asked["seed"]),
        prepared=folder / "rows",
        workspace=workspace,
        progress=listen,
    ):
        losses.append(getattr(step, "loss", None))
        if len(losses) == asked["steps"] - 1:
            told = {
                "peak_bytes": peak()
            }  # before the last step, which writes a checkpoint that the others do not write
    return {**told, "losses": losses[:-1], "ends": ends}


def transformers_trainer(folder: Path, asked: Told) -> Told:
    """The Trainer of transformers."""
    from transformers import Trainer, TrainingArguments

    return _hugging_face(folder, asked, Trainer, TrainingArguments, {})


def trl_trainer(folder: Path, asked: Told) -> Told:
    """The SFTTrainer of TRL, on rows that are tokens already."""
    from trl import SFTConfig, SFTTrainer

    return _hugging_face(folder, asked, SFTTrainer, SFTConfig, {"max_length": None, "packing": False})


def _hugging_face(folder: Path, asked: Told, trainer: Any, arguments: Any, more: Told) -> Told:
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
    ends: list[float] = []
    losses: list[float] = []
    peaks: list[int] = []

    class Listens(TrainerCallback):  # type: ignore[misc]
        def on_step_end(self, *_: Any, **__: Any) -> None:
            ends.append(time.perf_counter())
            peaks.append(peak())

        def on_log(self, *_: Any, logs: Told | None = None, **__: Any) -> None:
            losses.extend([logs["loss"]] if logs and "loss" in logs else [])

    class InOrder(trainer):  # type: ignore[misc]
        def _get_train_sampler(self, *_: Any, **__: Any) -> Any:
            return torch.utils.data.SequentialSampler(self.train_dataset)

    model = AutoModelForCausalLM.from_pretrained(folder / "backbone", dtype=torch.float32)
    settings = _arguments(arguments, folder, asked, more)
    InOrder(
        model=model,
        args=settings,
        train_dataset=Dataset.from_dict(
            {"input_ids": ids, "labels": ids, "attention_mask": [[1] * len(r) for r in ids]}
        ),
        data_collator=default_data_collator if trainer is Trainer else None,  # TRL's own makes masks that it asks for
        processing_class=AutoTokenizer.from_pretrained(folder / "backbone"),
        callbacks=[Listens()],
    ).train()
    return {"losses": losses, "ends": ends, "peak_bytes": peaks[-2]}


def _arguments(kind: Any, folder: Path, asked: Told, more: Told) -> Any:
    return kind(
        output_dir=str(folder / "out"),
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
    """Run one of them; the rate of a product is measured in the same process before and after."""
    name, folder = sys.argv[1], Path(sys.argv[2])
    asked = json.loads((folder / "asked.json").read_text())
    import torch

    torch.set_num_threads(asked["threads"])
    dtype = "bfloat16" if asked["precision"] == "bf16" else "float32"
    before = matmul_rate(dtype)
    told = {"ours": ours, "trainer": transformers_trainer, "trl": trl_trainer}[name](folder, asked)
    ends = told.pop("ends")
    # From the end of the first step to that of the last but one: no start, no checkpoint.
    told["seconds_a_step"] = (ends[-2] - ends[0]) / (len(ends) - 2)
    told["matmul"] = max(before, matmul_rate(dtype))
    print("TOLD " + json.dumps(told))


main()
