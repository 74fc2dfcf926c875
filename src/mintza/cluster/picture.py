"""The picture of a plan: stages from left to right, an arrow for what is made from what, a colour and a word for where it stands."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import NamedTuple

from mintza.pipeline.plan import Node, Plan

HEIGHT, GAP, ROW = 28, 80, 38
MARGIN, HEADING, LETTER = 24, 34, 6.4
NARROWEST, LONGEST = 110, 60
# Okabe and Ito's colours, told apart by the colour-blind; the word beside each says the same.
COLOURS = {
    "done": "#009E73",
    "running": "#0072B2",
    "waiting": "#56B4E9",
    "failed": "#D55E00",
    "missing": "#E69F00",
}


class Box(NamedTuple):
    """Where a node is drawn."""

    x: int
    y: int
    width: int


def picture(plan: Plan, words: Mapping[str, str]) -> str:
    """An SVG of the whole plan. words: node id -> done, running, waiting, failed or missing."""
    boxes, headings, width, height = _placed(plan)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
        ' font-family="system-ui, sans-serif" font-size="12">',
        f"<title>{escape(plan.study.settings.title)}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    parts += [_arrow(boxes[parent], boxes[node]) for node, direct in _direct(plan).items() for parent in direct]
    for stage, (x, y) in headings.items():
        parts.append(f'<text x="{x}" y="{y}" font-weight="600" font-size="14">{escape(stage)}</text>')
    for name, box in boxes.items():
        parts += _box(box, _label(plan.nodes[name]), name, words.get(name, "missing"))
    parts.append(_legend(height))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _placed(plan: Plan) -> tuple[dict[str, Box], dict[str, tuple[int, int]], int, int]:
    """Where each node and each stage's name stand, and how large the picture is.

    Stages that need not wait for each other share a column.
    """
    columns: dict[int, dict[str, list[Node]]] = {}
    for stage, column in _columns(plan).items():
        columns.setdefault(column, {})[stage] = [node for node in plan.nodes.values() if node.stage.name == stage]
    boxes: dict[str, Box] = {}
    headings: dict[str, tuple[int, int]] = {}
    x = bottom = MARGIN
    for column in sorted(columns):
        longest = max(len(_label(node)) for nodes in columns[column].values() for node in nodes)
        width, y = max(NARROWEST, round(28 + LETTER * longest)), MARGIN
        for stage, nodes in columns[column].items():
            headings[stage] = (x, y + 14)
            y += HEADING
            for node in nodes:
                boxes[node.id] = Box(x, y, width)
                y += ROW
            y += ROW // 2
        bottom = max(bottom, y)
        x += width + GAP
    return boxes, headings, x - GAP + MARGIN, bottom + 48


def _columns(plan: Plan) -> dict[str, int]:
    """Stage -> its column: one to the right of every stage that it is made from."""
    found = dict.fromkeys((node.stage.name for node in plan.nodes.values()), 0)
    for _ in found:
        for node in plan.nodes.values():
            stage = node.stage.name
            before = {plan.nodes[parent].stage.name for parent in (*node.parents, *node.gates)} - {stage}
            found[stage] = min(len(found), max([found[stage], *(found[one] + 1 for one in before)]))
    return found


def _label(node: Node) -> str:
    label = node.cell or node.stage.name
    return label if len(label) <= LONGEST else f"{label[: LONGEST // 2]}…{label[-LONGEST // 2 :]}"


def _direct(plan: Plan) -> dict[str, list[str]]:
    """Parents of every node but those that another of its parents is made from already."""
    above: dict[str, set[str]] = {}
    found = {}
    for node in plan.nodes.values():
        of_parents = set[str]().union(*(above[parent] for parent in node.parents))
        found[node.id] = [parent for parent in dict.fromkeys(node.parents) if parent not in of_parents]
        above[node.id] = of_parents | set(node.parents)
    return found


def _arrow(start: Box, end: Box) -> str:
    x1, y1, x2, y2 = start.x + start.width, start.y + HEIGHT // 2, end.x, end.y + HEIGHT // 2
    bend = max(30, min(160, (x2 - x1) // 2))
    path = f"M{x1} {y1} C{x1 + bend} {y1} {x2 - bend} {y2} {x2} {y2}"
    return f'<path d="{path}" fill="none" stroke="#888888" stroke-width="1" stroke-opacity="0.55"/>'


def _box(box: Box, label: str, name: str, word: str) -> list[str]:
    colour = COLOURS[word]
    return [
        f"<g><title>{escape(name)}: {word}</title>",
        f'<rect x="{box.x}" y="{box.y}" width="{box.width}" height="{HEIGHT}" rx="5" fill="#ffffff" stroke="{colour}" stroke-width="1.5"/>',
        f'<rect x="{box.x}" y="{box.y}" width="8" height="{HEIGHT}" rx="3" fill="{colour}"/>',
        f'<text x="{box.x + 16}" y="{box.y + 18}" font-size="11">{escape(label)}</text></g>',
    ]


def _legend(height: int) -> str:
    shown = [
        f'<rect x="{MARGIN + i * 100}" y="{height - 32}" width="12" height="12" fill="{colour}"/>'
        f'<text x="{MARGIN + i * 100 + 18}" y="{height - 22}">{word}</text>'
        for i, (word, colour) in enumerate(COLOURS.items())
    ]
    return "".join(shown)
