"""Seeing that training has gone wrong, and stopping it with words that help."""

from __future__ import annotations

import math

from mintza.errors import TrainingError
from mintza.records import TrainingStep
from mintza.train.settings import DivergenceSettings


class Watch:
    """Looks at every step. It is a function of the curve alone, so that a resumed run judges as an uninterrupted one."""

    def __init__(self, settings: DivergenceSettings) -> None:
        self._settings = settings
        self._best = math.inf
        self._bad = 0

    @property
    def calm(self) -> bool:
        """Whether the last step was in order, so that a checkpoint of it is worth having."""
        return self._bad == 0

    def see(self, step: TrainingStep, last_good: int | None) -> None:
        """Take a step in. last_good: step of the last checkpoint, for the message. Raises TrainingError when training must stop."""
        if not (math.isfinite(step.loss) and math.isfinite(step.gradient_norm)):
            raise _stopped(f"the loss is {step.loss}, the gradient's norm {step.gradient_norm}", step.step, last_good)
        if step.supervised_tokens == 0:
            return
        limit = self._settings.factor * self._best
        self._bad = self._bad + 1 if step.loss > limit else 0
        self._best = min(self._best, step.loss)
        if self._bad >= self._settings.steps:
            raise _stopped(
                f"the loss is {step.loss:.3f}, over {self._settings.factor} times the best ({self._best:.3f}) "
                f"for {self._bad} steps",
                step.step,
                last_good,
            )


def _stopped(what: str, step: int, last_good: int | None) -> TrainingError:
    kept = f"the last good checkpoint is of step {last_good}" if last_good else "there is no checkpoint before it"
    return TrainingError(
        f"training has diverged: {what}; {kept}",
        place=f"step {step}",
        remedy="a lower `peak_learning_rate`, a longer `warm_up` or a smaller `neftune_alpha` under `train` in the study",
    )
