"""The loop: from the last checkpoint to the last step. It knows no torch: what computes is behind the seam `Engine`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import xxhash

from mintza.errors import Stopped
from mintza.progress import Progress
from mintza.records import TrainingStep
from mintza.train.checkpoints import CHECKPOINTS, Checkpoints
from mintza.train.curve import CURVE, Curve
from mintza.train.engine import Engine
from mintza.train.identity import Identity
from mintza.train.rows import Batch, HeldOutRows, PackedRows
from mintza.train.schedule import evaluation_steps, learning_rate, rows_of_step, total_steps
from mintza.train.settings import TrainSettings
from mintza.train.team import Alone, Team, agree, by_first
from mintza.train.watch import Watch

MANY_ROUNDS = 10
"""Over a mixture: models are known to gain from four or so, and to learn by heart what they see much more often."""


@dataclass(frozen=True)
class Plan:
    """What is to be done: settings, rows, and the seed of their order. held_out_of: which of the held-out rows are whose, if known."""

    settings: TrainSettings
    rows: PackedRows
    held_out: PackedRows
    seed: int
    held_out_of: tuple[HeldOutRows, ...] = ()

    @cached_property
    def steps(self) -> int:
        """Optimiser steps of the run."""
        return total_steps(self.settings, len(self.rows), self.rows.sequence_length)

    @cached_property
    def evaluated(self) -> frozenset[int]:
        """Steps after which held-out loss is measured."""
        return evaluation_steps(self.settings, self.steps, len(self.rows))

    @cached_property
    def held_out_batches(self) -> dict[str, Batch]:
        """The held-out rows that are measured on, by component: at most `evaluate_rows` of each. Those without rows are left out."""
        whole = HeldOutRows(component="held-out", first=0, rows=len(self.held_out), records=0)
        most = self.settings.evaluate_rows
        return {
            part.component: self.held_out.batch(range(part.first, part.first + min(most, part.rows)))
            for part in self.held_out_of or (whole,)
            if min(most, part.rows)
        }

    def facts(self) -> dict[str, str]:
        """What all processes of a team must hold alike: the number of rows, and digests of the rows that they see first and last."""
        found = {
            "the number of rows": f"{len(self.rows)} of {self.rows.sequence_length}, {len(self.held_out)} held out"
        }
        for name, step in (("the first rows", 1), ("the last rows", self.steps)):
            found[name] = digest_of(self.batch(step))
        return found

    def batch(self, step: int) -> Batch:
        """The rows of a step."""
        per_step = self.settings.rows_per_step
        return self.rows.batch(rows_of_step(step, rows_per_step=per_step, rows=len(self.rows), seed=self.seed))


def digest_of(batch: Batch) -> str:
    """Hex xxh3_64 over the arrays of some rows."""
    digest = xxhash.xxh3_64()
    for array in batch:
        digest.update(array.tobytes())
    return digest.hexdigest()


def run(
    plan: Plan,
    engine: Engine,
    *,
    workspace: Path,
    identity: Identity,
    progress: Progress,
    team: Team | None = None,
    asked_to_stop: Callable[[], bool] = lambda: False,
) -> Iterator[TrainingStep]:
    """Yield every step of the run once, in order: those of the curve that an earlier sitting made, then new ones.

    identity: all that decides the run; where another's checkpoints lie it is refused.  team: processes that all run this.
    asked_to_stop: after any step of which it says so on any process, a checkpoint is made and Stopped is raised.
    Raises TrainingError when the loss is not finite or has run away, when the processes hold unlike data, and when the workspace
    holds checkpoints of another run; all checkpoints stay.
    """
    team = team or Alone()
    agree(team, {"the run": identity.digest, **plan.facts()})
    curve = Curve(workspace / CURVE if team.rank == 0 else None)
    checkpoints = Checkpoints(workspace / CHECKPOINTS, identity, team, kept=plan.settings.execution.keep_checkpoints)
    done = _resume(plan, engine, curve, checkpoints, team, progress)
    watch = Watch(plan.settings.divergence)
    for past in curve.steps():
        watch.see(past, done)
        yield past
    _say_how_often(plan, progress, done)
    tokens_seen = curve.steps()[-1].tokens_seen if done else 0
    for number in range(done + 1, plan.steps + 1):
        made = _step(plan, engine, number, tokens_seen)
        watch.see(made, next(iter(checkpoints.steps()), None))
        tokens_seen = made.tokens_seen
        curve.add(made)
        stopping = any(team.gather(asked_to_stop())) and number < plan.steps
        checkpoints.look()
        due = stopping or number == plan.steps or number % plan.settings.execution.checkpoint_every == 0
        if due and (watch.calm or number == plan.steps):
            curve.sync()
            checkpoints.save(number, curve.hash_of(number) or "", engine.save)
        progress(number, plan.steps, f"loss {made.loss:.2f}")
        yield made
        if stopping:
            checkpoints.settle()
            raise _stopped(number, checkpoints)
    checkpoints.settle()


def _say_how_often(plan: Plan, progress: Progress, done: int) -> None:
    """A budget of tokens goes round few rows again and again: it is said before the hours are spent."""
    times = plan.steps * plan.settings.rows_per_step / len(plan.rows)
    if times > MANY_ROUNDS and plan.settings.token_budget is not None:
        advice = "it will be learned by heart: give it more text, or a smaller token_budget"
        progress(done, plan.steps, f"each of its {len(plan.rows)} rows is seen {times:.0f} times; {advice}")


def _stopped(number: int, checkpoints: Checkpoints) -> Stopped:
    kept = checkpoints.steps()
    return Stopped(
        f"training was asked to stop and did so after step {number}; "
        + (f"the last checkpoint is of step {kept[0]}" if kept else "there is no checkpoint yet"),
        remedy="run the same command again: it goes on from there",
    )


def _step(plan: Plan, engine: Engine, number: int, tokens_seen: int) -> TrainingStep:
    rate = learning_rate(plan.settings, number, plan.steps)
    batch = plan.batch(number)
    outcome = engine.step(batch, step=number, learning_rate=rate)
    held_out, apart = _measured(plan, engine) if number in plan.evaluated else (None, ())
    return TrainingStep(
        step=number,
        tokens_seen=tokens_seen + batch.tokens,
        supervised_tokens=outcome.supervised_tokens,
        loss=outcome.loss,
        learning_rate=rate,
        gradient_norm=outcome.gradient_norm,
        held_out_loss=held_out,
        held_out_losses=apart,
    )


def _measured(plan: Plan, engine: Engine) -> tuple[float | None, tuple[tuple[str, float], ...]]:
    """Loss on all held-out rows, and on those of each component where there are several."""
    batches = plan.held_out_batches
    losses = {name: engine.held_out_loss(batch) for name, batch in batches.items()}
    if not losses:
        return None, ()
    if len(losses) == 1:
        return next(iter(losses.values())), ()
    tokens = sum(batch.supervised_tokens for batch in batches.values())
    mean = sum(losses[name] * batch.supervised_tokens for name, batch in batches.items()) / max(1, tokens)
    return mean, tuple(losses.items())


def _resume(plan: Plan, engine: Engine, curve: Curve, checkpoints: Checkpoints, team: Team, progress: Progress) -> int:
    """Bring the engine to the last usable checkpoint and the curve with it; gives its step, 0 for a fresh start.

    Checkpoints that cannot be used are named to the listener and removed.
    """
    done = 0
    for step, found in checkpoints.usable(curve.hash_of):
        if isinstance(found, Path):
            engine.load(found)
            done = step
            break
        progress(0, plan.steps, f"checkpoint of step {step} {found}: going back")
        checkpoints.drop(step)
    curve.cut(done)
    if team.size > 1:
        curve.follow(by_first(team, curve.lines))
    if done:
        progress(done, plan.steps, f"resumed from step {done}")
    return done
