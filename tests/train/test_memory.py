"""What a step takes by estimate, beside what torch's allocator counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from mintza.train.estimate import memory_parts, shape_of
from mintza.train.rows import SUPERVISED, Batch
from mintza.train.settings import TrainExecution, TrainSettings
from mintza.train.torch_cpu import checked
from mintza.train.torch_engine import TorchEngine
from tiny import llama

LENGTH, ROWS = 256, 2
LAYERS_WEIGH = {"vocab_size": 512, "num_hidden_layers": 6, "hidden_size": 128, "intermediate_size": 384}
HEAD_WEIGHS = {"vocab_size": 16384, "num_hidden_layers": 1, "hidden_size": 32, "intermediate_size": 64}
MOMENTS_AND_WEIGHTS = 12
"""Bytes a parameter that are there before a step; gradients come and go within it."""


def most_at_once(act: Any) -> int:
    """Bytes of torch that are taken while something is done, at their most."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        act()
    taken = sorted((e.start_ns(), e.nbytes()) for e in seen.profiler.kineto_results.events() if e.name() == "[memory]")
    return int(np.cumsum([count for _, count in taken]).max())


@pytest.mark.parametrize("shape", [LAYERS_WEIGH, HEAD_WEIGHS])
@pytest.mark.parametrize("precision", ["bf16", "fp32"])
@pytest.mark.parametrize("asked", [{"loss_chunk": 256}, {"loss_chunk": 64, "gradient_checkpointing": True}])
def test_a_step_takes_the_memory_that_was_foretold(
    shape: dict[str, int], precision: Any, asked: dict[str, Any]
) -> None:
    sizes = {key: value for key, value in shape.items() if key != "vocab_size"}
    model = llama(
        shape["vocab_size"],
        seed=1,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=LENGTH,
        **sizes,
    )
    settings = TrainSettings(
        rows_per_step=ROWS, neftune_alpha=0.0, precision=precision, execution=TrainExecution(threads=1, **asked)
    )
    checked(model, settings, "cpu")
    engine = TorchEngine(model, settings, seed=1, export=lambda model, folder: None)
    ids = np.random.default_rng(1).integers(0, shape["vocab_size"], (ROWS, LENGTH)).astype(np.int32)
    positions = np.tile(np.arange(LENGTH, dtype=np.int32), (ROWS, 1))
    batch = Batch(ids, positions, np.full((ROWS, LENGTH), SUPERVISED, np.uint8))
    engine.step(batch, step=1, learning_rate=1e-5)  # the first one makes the moments
    found = shape_of(model.config.to_dict())
    assert found is not None
    foretold = sum(memory_parts(settings, found, LENGTH, 1, on_cpu=True).values())
    before = MOMENTS_AND_WEIGHTS * sum(weight.numel() for weight in model.parameters())
    taken = before + most_at_once(lambda: engine.step(batch, step=2, learning_rate=1e-5))
    assert 0.92 < taken / foretold < 1.06
