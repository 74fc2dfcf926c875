"""What a finished model's folder holds beside the model: its card, its curve as figure and numbers, events for TensorBoard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from mintza.records import Backbone, TrainingStep, Variant
from mintza.train.card import FIGURE, Lineage, model_card
from mintza.train.event_files import NAME, event_file
from mintza.train.figure import curve_figure
from mintza.train.settings import TrainSettings

METRICS = "metrics.jsonl"
RUNS = "runs"
ABOUT = ("README.md", FIGURE, METRICS)
"""Files that tell of a model and are not of it."""


def describe(
    folder: Path,
    settings: TrainSettings,
    *,
    backbone: Backbone,
    variant: Variant,
    lineage: Lineage,
    steps: Sequence[TrainingStep],
    sequence_length: int,
) -> None:
    """Write README.md, curve.svg and metrics.jsonl into a model's folder, and runs/ where TensorBoard is asked for."""
    card = model_card(
        settings, backbone=backbone, variant=variant, lineage=lineage, steps=steps, sequence_length=sequence_length
    )
    (folder / "README.md").write_text(card, encoding="utf-8")
    (folder / FIGURE).write_text(curve_figure(steps, f"{variant.name}: loss by step"), encoding="utf-8")
    (folder / METRICS).write_bytes(b"".join(msgspec.json.encode(step) + b"\n" for step in steps))
    if settings.execution.tensorboard:
        write_events(folder / RUNS, steps)


def write_events(folder: Path, steps: Sequence[TrainingStep]) -> None:
    """Write a curve's event file whole, so that somebody may read it while training goes on."""
    folder.mkdir(exist_ok=True)
    aside = folder / f".{NAME}"
    aside.write_bytes(event_file(steps))
    aside.replace(folder / NAME)
