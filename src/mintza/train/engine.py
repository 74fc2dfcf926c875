"""The seam between the loop and what computes, on one process or many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, Protocol

from mintza.train.rows import Batch


class Outcome(NamedTuple):
    """Of one optimiser step. loss: nats a supervised token.  gradient_norm: before clipping."""

    loss: float
    supervised_tokens: int
    gradient_norm: float


class Engine(Protocol):
    """A model with its optimiser. All luck in it is a function of the seed, the step and the row's place in the step.

    In a team, every process has one, and all of them are called with the same arguments in the same order.
    """

    def step(self, batch: Batch, *, step: int, learning_rate: float) -> Outcome:
        """Learn from the rows of one step: all of them are given, and each process takes its share."""
        ...

    def held_out_loss(self, batch: Batch) -> float:
        """Nats a supervised token, without noise and without learning."""
        ...

    def save(self, path: Path) -> Callable[[], bool] | None:
        """Write weights and the optimiser's state to a folder. Raises OSError when the disk does not take it.

        None when that is done; when it goes on in the background, a function that says whether it is done (or raises).
        """
        ...

    def load(self, path: Path) -> None:
        """Take weights and the optimiser's state from such a folder."""
        ...

    def export(self, folder: Path) -> None:
        """Write a Hugging Face folder that stands on its own."""
        ...
