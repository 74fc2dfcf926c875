"""Figures as files for a paper: PDF and SVG at the width of a column. The only file of the room that knows matplotlib."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mintza.errors import MissingPart
from mintza.report.figures.labels import LARGE, short
from mintza.report.figures.sketches import MANY, Heat, Point, Scatter, Sketch, Strip

COLUMN = 3.35
"""Inches: the column of a two-column paper."""
HUES = ("#00659f", "#b8460a", "#4a7a1f", "#7a4a8c")
SIGNS = ("o", "D", "^", "s")
INK, SOFT, GRID = "#1c2127", "#69727c", "#dcd9d1"
STYLE = {
    "font.family": "DejaVu Sans",
    "font.size": LARGE,
    "axes.linewidth": 0.5,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "xtick.color": SOFT,
    "ytick.color": INK,
    "xtick.major.width": 0.5,
    "ytick.major.size": 0,
    "pdf.fonttype": 42,
    "svg.fonttype": "path",
    "svg.hashsalt": "mintza",
    "path.simplify": False,
}


def draw(folder: Path, sketches: Sequence[Sketch]) -> None:
    """Write NAME.pdf and NAME.svg of each sketch in a folder, which is made. The same sketch gives the same bytes.

    Raises MissingPart when matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingPart(
            "matplotlib is not installed",
            place="the report's figures",
            remedy="pip install 'mintza[report]', or say `report: {figures: false}`",
        ) from None
    folder.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(STYLE):
        for sketch in sketches:
            figure = Figure(figsize=(COLUMN, sketch.height), layout="constrained")
            _drawers(sketch)(figure.subplots(), sketch)
            # The layout is found once for both files; it is what takes the time.
            figure.draw_without_rendering()
            figure.set_layout_engine("none")
            figure.savefig(
                folder / f"{sketch.name}.pdf", metadata={"CreationDate": None, "Creator": None, "Producer": None}
            )
            figure.savefig(folder / f"{sketch.name}.svg", metadata={"Date": None, "Creator": None})


def _drawers(sketch: Sketch) -> Callable[[Any, Any], None]:
    drawers: dict[type[Sketch], Callable[[Any, Any], None]] = {Strip: _strip, Heat: _heat, Scatter: _scatter}
    return drawers[type(sketch)]


def _strip(axes: Any, sketch: Strip) -> None:
    """A row a thing, points with their intervals; groups side by side within a row."""
    height = len(sketch.rows)
    for place, row in enumerate(sketch.rows):
        if row.joined and len(row.points) > 1:
            ends = [point.value for point in row.points]
            axes.plot([min(ends), max(ends)], [place, place], color=SOFT, linewidth=0.8, zorder=1)
        for number, point in enumerate(row.points):
            shift = 0.0 if row.joined else (number - (len(row.points) - 1) / 2) * 0.24
            _point(axes, point, place + shift)
    if sketch.zero is not None:
        axes.axvline(sketch.zero, color=SOFT, linewidth=0.7, zorder=0)
    axes.set_yticks(range(height), sketch.labels.lines, linespacing=1.0)
    axes.tick_params(axis="y", labelsize=sketch.labels.size)
    axes.set_ylim(height - 0.4, -0.6)
    axes.xaxis.grid(visible=True, color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel(sketch.axis, loc="right")
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    _legend(axes, sketch.groups)


def _point(axes: Any, point: Point, place: float) -> None:
    hue = HUES[point.group % len(HUES)]
    if point.low is not None and point.high is not None:
        axes.plot([point.low, point.high], [place, place], color=hue, linewidth=1.0, solid_capstyle="butt", zorder=2)
    axes.plot(
        [point.value],
        [place],
        marker=SIGNS[point.group % len(SIGNS)],
        markersize=3.2,
        color=hue,
        markerfacecolor=hue if point.filled else "white",
        markeredgewidth=0.8,
        linestyle="none",
        zorder=3,
    )


def _heat(axes: Any, sketch: Heat) -> None:
    """Cells from light to dark, or from orange by white to blue around one half; empty ones are white."""
    from matplotlib.colors import LinearSegmentedColormap

    colours = [HUES[1], "#ffffff", HUES[0]] if sketch.around_half else ["#f2f0ea", HUES[0]]
    scale = LinearSegmentedColormap.from_list("report", colours).with_extremes(bad="white")
    cells: NDArray[np.float64] = np.ma.masked_invalid(np.asarray(sketch.cells, dtype=np.float64))
    low, high = (0.0, 1.0) if sketch.around_half else (0.0, max(1.0, float(cells.max())))
    image = axes.imshow(cells, cmap=scale, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    n = len(sketch.models)
    axes.set_yticks(range(n), sketch.labels.lines, linespacing=1.0)
    axes.set_xticks(range(n), [str(place) for place in range(1, n + 1)])
    axes.tick_params(
        axis="x",
        labelsize=4.5 if n > MANY else LARGE,
        labelrotation=90 if n > MANY else 0,
        top=True,
        labeltop=True,
        bottom=False,
        labelbottom=False,
        length=0,
    )
    axes.tick_params(axis="y", labelsize=sketch.labels.size)
    for side in axes.spines.values():
        side.set_visible(False)
    bar = axes.figure.colorbar(image, ax=axes, location="bottom", shrink=0.7, aspect=30, pad=0.02)
    bar.outline.set_visible(False)
    bar.set_label(sketch.axis, loc="right")


def _scatter(axes: Any, sketch: Scatter) -> None:
    """A sign a group of models; intervals as thin lines."""
    for x, y, low, high, group in sketch.points:
        hue = HUES[group % len(HUES)]
        if low is not None and high is not None:
            axes.plot([x, x], [low, high], color=hue, linewidth=0.7, zorder=1)
        axes.plot([x], [y], marker=SIGNS[group % len(SIGNS)], markersize=3.4, color=hue, linestyle="none", zorder=2)
    axes.grid(visible=True, color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel(sketch.axis, loc="right")
    axes.set_ylabel(sketch.upright)
    axes.tick_params(axis="y", length=2, color=SOFT, labelcolor=SOFT)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    _legend(axes, sketch.groups)


def _legend(axes: Any, groups: Sequence[str]) -> None:
    if len(groups) < 2:
        return
    for number, name in enumerate(groups):
        axes.plot(
            [],
            [],
            marker=SIGNS[number % len(SIGNS)],
            color=HUES[number % len(HUES)],
            linestyle="none",
            markersize=3.4,
            label=short(name),
        )
    axes.figure.legend(
        loc="outside upper left", ncols=min(3, len(groups)), frameon=False, handletextpad=0.1, columnspacing=1.0
    )
