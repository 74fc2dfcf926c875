"""Forest plots: each effect a point with its interval, better to the right, all panels of a measure on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from mintza.report import words
from mintza.report.effects import Effect, Seen
from mintza.report.figures.axes import round_steps, share
from mintza.report.material import Material
from mintza.report.scorebook import KINDS, Kind


@dataclass(frozen=True)
class Mark:
    """One effect. place, low, high: in per cent from the left; the ends None where there is no interval.  text: value and interval."""

    label: str
    text: str
    detail: str
    place: float
    low: float | None
    high: float | None
    seen: Seen


@dataclass(frozen=True)
class Tick:
    """A step of the axis: where, and what is written there."""

    place: float
    text: str


@dataclass(frozen=True)
class Panel:
    """Effects on one measure in one language. zero: where no difference lies."""

    title: str
    unit: str
    marks: tuple[Mark, ...]
    ticks: tuple[Tick, ...]
    zero: float


def panels(effects: Sequence[Effect], material: Material, codes: Sequence[str]) -> list[Panel]:
    """A panel a measure and language, over all exams and pairs of each component."""
    mine = [e for e in effects if e.differs == "component" and e.pooled and e.measure.exam is None]
    made = []
    for kind in KINDS:
        bounds = _bounds([e for e in mine if e.measure.kind == kind])
        for code in codes:
            rows = [e for e in mine if (e.measure.kind, e.measure.language) == (kind, code)]
            if rows:
                made.append(_panel(kind, rows, bounds, material))
    return made


def _bounds(effects: Sequence[Effect]) -> tuple[float, float]:
    """Of the axis: all effects, their intervals, zero, and a little air."""
    ends = [0.0, *(end for effect in effects for end in (effect.value, effect.low, effect.high) if isfinite(end))]
    low, high = min(ends), max(ends)
    air = 0.06 * (high - low) or 0.01
    return low - air, high + air


def _panel(kind: Kind, effects: Sequence[Effect], bounds: tuple[float, float], material: Material) -> Panel:
    def place(value: float) -> float:
        found = share(value, *bounds)
        return round(100 - found, 3) if kind == "bits_per_byte" else found

    marks = []
    for effect in effects:
        ends = sorted((place(effect.low), place(effect.high))) if effect.has_interval else (None, None)
        value = words.number(kind, effect.value, signed=True) + words.unit(kind)
        marks.append(
            Mark(
                label=words.capital(words.component_label(effect.subject, material)),
                text=f"{value} ({words.span(kind, effect.low, effect.high, signed=True)})",
                detail=words.over(kind, len(effect.pairs), effect.seeds, effect.items),
                place=place(effect.value),
                low=ends[0],
                high=ends[1],
                seen=effect.seen,
            )
        )
    ticks = tuple(Tick(place(step), _step(kind, step)) for step in round_steps(*bounds, most=6))
    language = words.language_name(effects[0].measure.language, material)
    title = {
        "bits_per_byte": f"Bits per byte, held-out {language}",
        "accuracy": f"Exam accuracy, {language}",
        "right_language": f"Answers in {language}",
    }[kind]
    unit = {"bits_per_byte": "change in bits per byte; lower is better"}.get(kind, "change in points; higher is better")
    return Panel(title, unit, tuple(marks), ticks, place(0.0))


def _step(kind: Kind, value: float) -> str:
    """A step of the axis with no more decimals than it needs."""
    shown = value if kind == "bits_per_byte" else 100 * value
    text = f"{abs(shown):.4g}"
    return text if float(text) == 0 else (words.MINUS if shown < 0 else "+") + text
