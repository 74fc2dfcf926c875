"""The seam between the loop and what computes: one machine today, several later."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple, Protocol

from mintza.train.rows import Batch


class Outcome(NamedTuple):
    """Of one optimiser step. loss: nats a supervised token.  gradient_norm: before clipping."""

    loss: float
    supervised_tokens: int
    gradient_norm: float


class Engine(Protocol):
    """A model with its optimiser. All luck in it is a function of the seed, the step and the row's place in the step."""

    def check(self) -> None:
        """Raise TrainingError when documents in one row can see each other."""
        ...

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        """Learn from the rows of one step."""
        ...

    def held_out_loss(self, batch: Batch) -> float:
        """Nats a supervised token, without noise and without learning."""
        ...

    def save(self, path: Path) -> None:
        """Write weights and the optimiser's state to one file. Raises OSError when the disk does not take it."""
        ...

    def load(self, path: Path) -> None:
        """Take weights and the optimiser's state from such a file."""
        ...

    def export(self, folder: Path) -> None:
        """Write a Hugging Face folder that stands on its own."""
        ...
