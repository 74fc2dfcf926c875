"""Loss curves: a small panel a variant, all on the same axis of loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from mintza.records import TrainingStep
from mintza.report.figures.axes import round_steps, share
from mintza.report.figures.forest import Tick

MOST_POINTS = 240
"""Of a line; a longer run is drawn by the means of as many stretches."""
SMOOTHED = 12
"""The strong line is the mean of about a twelfth of the run."""

Point = tuple[float, float]


@dataclass(frozen=True)
class Dot:
    """A loss on held-out rows, in per cent from the left and the top."""

    x: float
    y: float


@dataclass(frozen=True)
class Curve:
    """One variant's training.

    name: its mixture; full: its own name.  faint, strong: points of an SVG polyline in a box of 100 x 100; strong is smoothed.
    dots: held-out losses.  y_ticks: of the loss, shared by all panels.  said: first and last losses, in words.
    """

    name: str
    full: str
    faint: str
    strong: str
    dots: tuple[Dot, ...]
    y_ticks: tuple[Tick, ...]
    steps: int
    tokens: int
    said: str
    missing: str


def curves(trained: Mapping[str, Sequence[TrainingStep]]) -> list[Curve]:
    """A curve a variant that has steps."""
    losses = [
        loss
        for steps in trained.values()
        for step in steps
        for loss in (step.loss, step.held_out_loss)
        if loss is not None and isfinite(loss)
    ]
    low, high = (min(losses), max(losses)) if losses else (0.0, 1.0)
    air = 0.05 * (high - low) or 0.1
    bounds = (max(0.0, low - air), high + air)
    return [_curve(name, list(steps), bounds) for name, steps in trained.items() if steps]


def _curve(name: str, steps: Sequence[TrainingStep], bounds: tuple[float, float]) -> Curve:
    last = steps[-1].step
    first = min(steps[0].step, last - 1)
    points = [(step.step, step.loss) for step in steps if isfinite(step.loss)]
    held = [(step.step, step.held_out_loss) for step in steps if step.held_out_loss is not None]
    held = [(step, loss) for step, loss in held if isfinite(loss)]

    def x(step: float) -> float:
        return share(step, first, last)

    def y(loss: float) -> float:
        return round(100 - share(loss, *bounds), 3)

    def line(of: Sequence[Point]) -> str:
        return " ".join(f"{x(step):g},{y(loss):g}" for step, loss in of)

    return Curve(
        name=short(name),
        full=name,
        faint=line(_thinned(points)),
        strong=line(_smoothed(_thinned(points))),
        dots=tuple(Dot(x(step), y(loss)) for step, loss in held),
        y_ticks=tuple(Tick(y(step), f"{step:.3g}") for step in round_steps(*bounds, most=4)),
        steps=last,
        tokens=steps[-1].tokens_seen,
        said=_said(points, held),
        missing=f"{len(steps) - len(points)} steps have a loss that is not a number"
        if len(points) < len(steps)
        else "",
    )


def short(name: str) -> str:
    """`corpus + written` for `BACKBONE.corpus+written.s33`; a name of another form as it is."""
    rest, dot, _ = name.rpartition(".s")
    return rest.rpartition(".")[2].replace("+", " + ") if dot else name


def _said(points: Sequence[Point], held: Sequence[Point]) -> str:
    parts = []
    if points:
        smooth = _smoothed(_thinned(points))
        parts.append(f"training {smooth[0][1]:.2f} → {smooth[-1][1]:.2f}")
    if held:
        parts.append(
            f"held-out {held[0][1]:.2f} → {held[-1][1]:.2f}" if len(held) > 1 else f"held-out {held[0][1]:.2f}"
        )
    return "; ".join(parts)


def _smoothed(points: Sequence[Point]) -> list[Point]:
    """Each loss as the mean of its neighbours, half a window on either side."""
    half = len(points) // (2 * SMOOTHED)
    found = []
    for place, (step, _) in enumerate(points):
        near = [loss for _, loss in points[max(0, place - half) : place + half + 1]]
        found.append((step, sum(near) / len(near)))
    return found


def _thinned(points: Sequence[Point]) -> list[Point]:
    """No more points than can be seen: means of equal stretches."""
    if len(points) <= MOST_POINTS:
        return list(points)
    edges = [round(place * len(points) / MOST_POINTS) for place in range(MOST_POINTS + 1)]
    stretches = [points[start:end] for start, end in pairwise(edges)]
    return [
        (sum(step for step, _ in part) / len(part), sum(loss for _, loss in part) / len(part)) for part in stretches
    ]
