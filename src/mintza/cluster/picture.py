"""The picture of a plan: a column a stage, an arrow for what is made from what, a colour and a word for where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from mintza.pipeline.plan import Plan

WIDTH, HEIGHT, GAP, ROW = 210, 30, 70, 42
MARGIN = 24
# Okabe and Ito's colours, told apart by the colour-blind; the word beside each says the same.
COLOURS = {
    "done": "#009E73",
    "running": "#0072B2",
    "waiting": "#56B4E9",
    "failed": "#D55E00",
    "missing": "#E69F00",
}


def picture(plan: Plan, words: Mapping[str, str]) -> str:
    """An SVG of the whole plan. words: node id -> done, running, waiting, failed or missing."""
    stages = list(dict.fromkeys(node.stage.name for node in plan.nodes.values()))
    rows = dict.fromkeys(stages, 0)
    at: dict[str, tuple[int, int]] = {}
    for node in plan.nodes.values():
        column = stages.index(node.stage.name)
        # Every other column half a row lower: an arrow that passes a column then goes between its boxes.
        lower = (column % 2) * ROW // 2
        at[node.id] = (MARGIN + column * (WIDTH + GAP), MARGIN + 40 + lower + rows[node.stage.name] * ROW)
        rows[node.stage.name] += 1
    width = 2 * MARGIN + len(stages) * (WIDTH + GAP) - GAP
    height = 2 * MARGIN + 70 + max(rows.values()) * ROW + 30
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for column, stage in enumerate(stages):
        x = MARGIN + column * (WIDTH + GAP)
        parts.append(f'<text x="{x}" y="{MARGIN + 16}" font-weight="600" font-size="14">{escape(stage)}</text>')
    parts += [_arrow(at[parent], at[node]) for node, direct in _direct(plan).items() for parent in direct]
    for name, (x, y) in at.items():
        parts += _box(x, y, plan.nodes[name].cell or plan.nodes[name].stage.name, name, words.get(name, "missing"))
    parts.append(_legend(height))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _direct(plan: Plan) -> dict[str, list[str]]:
    """Parents of every node but those that another of its parents is made from already."""
    above: dict[str, set[str]] = {}
    found = {}
    for node in plan.nodes.values():
        of_parents = set[str]().union(*(above[parent] for parent in node.parents))
        found[node.id] = [parent for parent in dict.fromkeys(node.parents) if parent not in of_parents]
        above[node.id] = of_parents | set(node.parents)
    return found


def _arrow(start: tuple[int, int], end: tuple[int, int]) -> str:
    x1, y1, x2, y2 = start[0] + WIDTH, start[1] + HEIGHT // 2, end[0], end[1] + HEIGHT // 2
    bend = max(30, (x2 - x1) // 2)
    path = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#999999" stroke-width="1" stroke-opacity="0.6"/>'


def _box(x: int, y: int, label: str, name: str, word: str) -> list[str]:
    shown = label if len(label) <= 30 else f"{label[:14]}…{label[-14:]}"
    colour = COLOURS[word]
    return [
        f"<g><title>{escape(name)}: {word}</title>",
        f'<rect x="{x}" y="{y}" width="{WIDTH}" height="{HEIGHT}" rx="5" fill="#ffffff" stroke="{colour}" stroke-width="1.5"/>',
        f'<rect x="{x}" y="{y}" width="8" height="{HEIGHT}" rx="3" fill="{colour}"/>',
        f'<text x="{x + 16}" y="{y + 19}" font-size="11">{escape(shown)}</text></g>',
    ]


def _legend(height: int) -> str:
    shown = [
        f'<rect x="{MARGIN + i * 100}" y="{height - 32}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{MARGIN + i * 100 + 18}" y="{height - 22}">{word}</text>'
        for i, (word, colour) in enumerate(COLOURS.items())
    ]
    return "".join(shown)
