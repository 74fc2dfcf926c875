"""What `show` says of a training: its losses from the first step to the last, and where the model and its figure are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.table import Table

from mintza.records import Checkpoint, TrainingStep

MOST = 12
"""Lines of the table: the first step, the last, and those between at which loss was measured on held-out rows."""


def losses(steps: Sequence[TrainingStep]) -> Table:
    """Loss by step, and on held-out rows, of each component apart where there are several."""
    names = list(dict.fromkeys(name for step in steps for name, _ in step.held_out_losses))
    table = Table(title="loss, nats a supervised token", title_justify="left")
    for column in ("step", "tokens", "training", "held out", *(f"held-out {name}" for name in names)):
        table.add_column(column, justify="right")
    for step in chosen(steps):
        apart = dict(step.held_out_losses)
        measured = [step.held_out_loss, *(apart.get(name) for name in names)]
        table.add_row(
            f"{step.step:,}",
            f"{step.tokens_seen:,}",
            f"{step.loss:.3f}",
            *("" if loss is None else f"{loss:.3f}" for loss in measured),
        )
    return table


def chosen(steps: Sequence[TrainingStep]) -> list[TrainingStep]:
    """The first and the last step, and of those between at which was measured so many, evenly, as a screen takes."""
    between = [step for step in steps[1:-1] if step.held_out_loss is not None]
    each = -(-len(between) // (MOST - 2)) or 1
    ends = [steps[0], steps[-1]] if len(steps) > 1 else list(steps)
    return [*ends[:1], *between[each - 1 :: each], *ends[1:]]


def where(checkpoint: Checkpoint, files: Path) -> str:
    """A line on the model that came out."""
    folder = files / checkpoint.model.location
    return (
        f"{checkpoint.model.name}: {checkpoint.steps:,} steps, {checkpoint.tokens_seen:,} tokens, loss "
        f"{checkpoint.final_loss:.3f} in the last tenth of them\nmodel, card, figure (curve.svg) and metrics.jsonl: {folder}"
    )
