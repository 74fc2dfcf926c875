"""What GPUs can do, by their makers' data sheets, and what share of it a training gets, by somebody else's measurement."""

from __future__ import annotations

from typing import NamedTuple

from mintza.errors import StudyError

GB = 1e9
TERA = 1e12
MODEL_SHARE_OF_PEAK = 0.57
"""Share of the bf16 peak that the model's own operations came to: Llama 2 7B, FSDP on 128 A100-80GB, rows of 4,096, no
recomputation, 3,700 tokens a second and GPU. Source: IBM and Meta, "Maximizing training throughput using PyTorch FSDP" (2024).
Never fitted to a run of ours or of the reference study."""
RECOMPUTED = 4 / 3
"""Passes with gradient checkpointing over passes without: the forward pass is done twice, and a backward pass is two forward ones."""


class Gpu(NamedTuple):
    """memory_bytes: of one.  operations_a_second: dense bf16 multiplications and additions, at its peak."""

    memory_bytes: float
    operations_a_second: float


GPUS = {
    "a100-40": Gpu(40 * GB, 312 * TERA),
    "a100-64": Gpu(
        64 * GB, 312 * TERA * 124 / 108
    ),  # a chip of Leonardo's own, with 124 multiprocessors for 108 (decision 0171)
    "a100-80": Gpu(80 * GB, 312 * TERA),
    "l40s": Gpu(48 * GB, 362 * TERA),
    "h100-80": Gpu(80 * GB, 989 * TERA),
    "h200": Gpu(141 * GB, 989 * TERA),
    "rtx-4090": Gpu(24 * GB, 165 * TERA),
}


def gpu(name: str) -> Gpu:
    """A GPU of the table. Raises StudyError for an unknown one."""
    if name not in GPUS:
        raise StudyError(
            f"no GPU is called '{name}'", place="train.execution.hardware.gpu", remedy=f"known: {', '.join(GPUS)}"
        )
    return GPUS[name]
