"""The waterfall of a stage as one SVG file that stands alone: for pages that draw no templates, such as a dataset card."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape
from itertools import groupby

from mintza.report.waterfalls import Bar, Waterfall

WIDTH = 760
ROW = 30
LEFT = 300
RIGHT = 110
TOP = 48
LONGEST = 42
# The hues of the report's page.
FILLS = {"entered": "#5b6b7a", "left": "#2f6f4f", "dropped": "#c4652d", "unexplained": "#b8a13a"}


def svg(waterfall: Waterfall, *, title: str, unit: str) -> str:
    """The bars from top to bottom on one scale from nought, one a step, each with its count; a screen reader is told all of it."""
    bars = by_step(waterfall.bars)
    height = TOP + ROW * len(bars) + 12
    told = "; ".join(f"{_label(bar)}: {bar.count:,}" for bar in bars)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(title)}</title><desc>{escape(told)}</desc>",
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="12" y="26" font-size="15" font-weight="600" fill="#1c2733">{escape(_cut(title, 76))} ({escape(unit)})</text>',
        *_rows(bars),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def by_step(bars: Sequence[Bar]) -> list[Bar]:
    """Bars that follow each other and are of one step become one, which says how many reasons it had."""
    merged: list[Bar] = []
    for _, group in groupby(bars, key=lambda bar: (bar.kind, bar.step)):
        first, *rest = group
        if not rest:
            merged.append(first)
            continue
        several = [first, *rest]
        merged.append(
            replace(
                rest[-1],
                reason=f"{len(several)} reasons",
                count=sum(bar.count for bar in several),
                start=min(bar.start for bar in several),
                end=max(bar.end for bar in several),
            )
        )
    return merged


def _rows(bars: Sequence[Bar]) -> list[str]:
    span = WIDTH - LEFT - RIGHT
    rows = []
    for number, bar in enumerate(bars):
        top = TOP + ROW * number
        start = LEFT + span * bar.start / 100
        # What is too little to see is drawn a pixel and a half wide.
        wide = max(1.5, span * (bar.end - bar.start) / 100) if bar.count else 0
        sign = "\N{MINUS SIGN}" if bar.kind == "dropped" else ""
        rows.append(
            f'<text x="{LEFT - 10}" y="{top + 19}" text-anchor="end" fill="#1c2733">{escape(_label(bar))}'
            f"<title>{escape(_whole(bar))}</title></text>"
            f'<rect x="{start:.1f}" y="{top + 5}" width="{wide:.1f}" height="{ROW - 10}" rx="2" fill="{FILLS[bar.kind]}"/>'
            f'<text x="{start + wide + 6:.1f}" y="{top + 19}" fill="#1c2733">{sign}{bar.count:,}</text>'
        )
        if number + 1 < len(bars):
            edge = LEFT + span * (bar.start if bar.kind == "dropped" else bar.end) / 100
            rows.append(
                f'<line x1="{edge:.1f}" x2="{edge:.1f}" y1="{top + ROW - 5}" y2="{top + ROW + 5}" stroke="#9aa7b3"/>'
            )
    return rows


def _whole(bar: Bar) -> str:
    return f"{bar.step}: {bar.reason}" if bar.step else bar.reason


def _label(bar: Bar) -> str:
    return _cut(_whole(bar), LONGEST)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"
