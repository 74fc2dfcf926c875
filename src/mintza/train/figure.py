"""The curve of a run as a picture (SVG), without any library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape

from mintza.records import TrainingStep

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 34, 44
POINTS = 600
Place = Callable[[float, float], tuple[float, float]]
COLOURS = {"training": "#2f6f9f", "held out": "#b3541e"}


def curve_figure(steps: Sequence[TrainingStep], title: str) -> str:
    """Loss by step: training as a line, held-out rows as points on one. Nats a supervised token."""
    every = max(1, len(steps) // POINTS)
    lines = {
        "training": [(step.step, step.loss) for step in steps[::every]],
        "held out": [(step.step, step.held_out_loss) for step in steps if step.held_out_loss is not None],
    }
    lines = {name: points for name, points in lines.items() if points}
    losses = [loss for points in lines.values() for _, loss in points]
    low, high = min(losses), max(losses)
    room = (high - low) * 0.08 or 0.5
    low, high = max(0.0, low - room), high + room
    last = max(steps[-1].step, 2)

    def place(step: float, loss: float) -> tuple[float, float]:
        x = LEFT + (step - 1) / (last - 1) * (WIDTH - LEFT - RIGHT)
        return round(x, 1), round(TOP + (high - loss) / (high - low) * (HEIGHT - TOP - BOTTOM), 1)

    body = [*_axes(low, high, last, place), *_drawn(lines, place)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
        f'font-family="sans-serif" font-size="12" fill="#333">\n<title>{escape(title)}</title>\n'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>\n' + "\n".join(body) + "\n</svg>\n"
    )


def _axes(low: float, high: float, last: int, place: Place) -> list[str]:
    found = [f'<text x="{LEFT}" y="18">loss, nats a supervised token</text>']
    found.append(f'<text x="{WIDTH - RIGHT}" y="{HEIGHT - 8}" text-anchor="end">step</text>')
    for part in range(5):
        loss = low + (high - low) * part / 4
        _, y = place(1, loss)
        found.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        found.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{loss:.2f}</text>')
    for step in dict.fromkeys(round(1 + (last - 1) * part / 4) for part in range(5)):
        x, _ = place(step, low)
        found.append(f'<text x="{x}" y="{HEIGHT - BOTTOM + 18}" text-anchor="middle">{step}</text>')
    return found


def _drawn(lines: dict[str, list[tuple[int, float]]], place: Place) -> list[str]:
    found = []
    for number, (name, points) in enumerate(lines.items()):
        placed = [place(*point) for point in points]
        colour = COLOURS[name]
        joined = " ".join(f"{x},{y}" for x, y in placed)
        found.append(f'<polyline points="{joined}" fill="none" stroke="{colour}" stroke-width="1.6"/>')
        if name == "held out":
            found += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in placed]
        x = WIDTH - RIGHT - 150 + 80 * number
        found.append(f'<text x="{x}" y="18" fill="{colour}">{name}</text>')
    return found
