"""The curve of a run as a picture (SVG), without any library."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape
from typing import NamedTuple

from mintza.records import TrainingStep

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 44
POINTS = 300
Place = Callable[[float, float], tuple[float, float]]
TRAINING, HELD_OUT = "#2f6f9f", "#b3541e"
APART = ("#4d7c3a", "#7a4b8f", "#8a6d1f", "#2b7f7a", "#9c3d5e")
"""Colours of the components whose held-out rows are measured apart; further ones begin again."""
LETTER, APART_BY, BESIDE = 6.6, 18.0, 260.0
"""Of the legend: width of a letter, about; room between names; where it may begin beside the words of the axis, else it lies below."""


class Line(NamedTuple):
    """One of the curves. points: (step, loss).  dots: whether each point is drawn, since there are few."""

    name: str
    points: list[tuple[float, float]]
    colour: str
    dots: bool


def curve_figure(steps: Sequence[TrainingStep], title: str) -> str:
    """Loss by step: training as a line (the mean of several steps where there are many), held-out rows as points on one, and
    those of each component apart where there are several. Nats a supervised token."""
    lines = _lines(steps)
    losses = [loss for line in lines for _, loss in line.points]
    ticks = round_numbers(min(losses), max(losses))
    low, high, last = ticks[0], ticks[-1], max(steps[-1].step, 2)

    def place(step: float, loss: float) -> tuple[float, float]:
        x = LEFT + (step - 1) / (last - 1) * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    legend, height = _legend(lines)
    body = [*_axes(ticks, last, place), *legend, *_drawn(lines, place)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#333">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _lines(steps: Sequence[TrainingStep]) -> list[Line]:
    each = max(1, math.ceil(len(steps) / POINTS))
    bins = [steps[first : first + each] for first in range(0, len(steps), each)]
    means = [(_mean([s.step for s in several]), _mean([s.loss for s in several])) for several in bins]
    measured = [step for step in steps if step.held_out_loss is not None]
    whole = [(float(step.step), step.held_out_loss or 0.0) for step in measured]
    found = [Line("training", means, TRAINING, dots=False), Line("held out", whole, HELD_OUT, dots=True)]
    names = dict.fromkeys(name for step in measured for name, _ in step.held_out_losses)
    for number, name in enumerate(names):
        points = [(float(s.step), loss) for s in measured for own, loss in s.held_out_losses if own == name]
        found.append(Line(f"held-out {name}", points, APART[number % len(APART)], dots=True))
    return [line for line in found if line.points]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def round_numbers(low: float, high: float) -> list[float]:
    """At most nine numbers such as 2.5, 3, 3.5 in even steps, the first not over `low` and the last not under `high`."""
    room = high - low or 1.0
    step = min(
        (unit * 10.0**power for power in range(-6, 7) for unit in (1, 2, 5)), key=lambda each: abs(room / each - 4.5)
    )
    first, last = math.floor(low / step), math.ceil(high / step)
    last = max(last, first + 1)
    return [number * step for number in range(first, last + 1)]


def _axes(ticks: Sequence[float], last: int, place: Place) -> list[str]:
    found = [f'<text x="{LEFT}" y="18">loss, nats a supervised token</text>']
    found.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">step</text>')
    digits = max(0, -math.floor(math.log10(ticks[1] - ticks[0]) + 1e-9))
    for loss in ticks:
        _, y = place(1, loss)
        found.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        found.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{loss:.{digits}f}</text>')
    inner = [round(step) for step in round_numbers(1, last) if 1 < step < last - last / 12 and step == round(step)]
    for step in (1, *inner, last):
        x, _ = place(step, ticks[0])
        found.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step:,}</text>')
    return found


def _legend(lines: Sequence[Line]) -> tuple[list[str], int]:
    """Names in the colours of their curves, and the height of the picture with them."""
    rows: list[list[Line]] = [[]]
    for line in lines:
        if rows[-1] and _width([*rows[-1], line]) > WIDTH - LEFT - RIGHT:
            rows.append([])
        rows[-1].append(line)
    beside = len(rows) == 1 and WIDTH - RIGHT - _width(lines) > BESIDE
    found = []
    for number, row in enumerate(rows):
        x, y = float(WIDTH - RIGHT), 18 if beside else HEIGHT + 12 + 18 * number
        for line in reversed(row):
            found.append(f'<text x="{x:.0f}" y="{y}" text-anchor="end" fill="{line.colour}">{escape(line.name)}</text>')
            x -= LETTER * len(line.name) + APART_BY
    return found, HEIGHT if beside else HEIGHT + 20 + 18 * (len(rows) - 1)


def _width(lines: Sequence[Line]) -> float:
    return sum(LETTER * len(line.name) + APART_BY for line in lines)


def _drawn(lines: Sequence[Line], place: Place) -> list[str]:
    found = []
    for line in lines:
        placed = [place(*point) for point in line.points]
        joined = " ".join(f"{x},{y}" for x, y in placed)
        found.append(f'<polyline points="{joined}" fill="none" stroke="{line.colour}" stroke-width="1.6"/>')
        if line.dots:
            found += [f'<circle cx="{x}" cy="{y}" r="3" fill="{line.colour}"/>' for x, y in placed]
    return found
