"""What the figures for a paper show, before anybody draws: plain numbers and words, of three shapes."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, nan

from mintza.report import words
from mintza.report.figures.labels import LARGE, SMALL, Labels, labels
from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.scorebook import Kind
from mintza.report.sections.people import factor_name
from mintza.report.votes.agreement import compared_models
from mintza.report.votes.people import People
from mintza.report.votes.ratings import Standing
from mintza.report.votes.telling import exam_name, leading
from mintza.report.wording import Words

ROW = 0.125
"""Inches a row of a strip takes."""
CELL = 0.115
"""Inches a row of a table of cells takes."""
MANY = 12
"""Rows beyond which their labels are set smaller."""


@dataclass(frozen=True)
class Point:
    """A number with its interval. group: gives its hue and sign.  filled: whether it is told from zero."""

    value: float
    low: float | None
    high: float | None
    group: int = 0
    filled: bool = True


@dataclass(frozen=True)
class Row:
    """One row of a strip. joined: its points lie on one line, as the ends of a dumbbell."""

    label: str
    points: tuple[Point, ...]
    joined: bool = False


@dataclass(frozen=True)
class Strip:
    """Rows from top to bottom over one axis. groups: names of hues.  zero: where a line stands, None for none."""

    name: str
    rows: tuple[Row, ...]
    axis: str
    groups: tuple[str, ...] = ()
    zero: float | None = 0.0

    @property
    def labels(self) -> Labels:
        """Of the rows."""
        return labels([row.label for row in self.rows], large=SMALL if len(self.rows) > MANY else LARGE)

    @property
    def height(self) -> float:
        """Inches."""
        deep = max((1 if row.joined else len(row.points) for row in self.rows), default=1)
        return (
            0.55
            + (0.18 * ((len(self.groups) + 2) // 3) if len(self.groups) > 1 else 0)
            + max(ROW * (1 + 0.35 * (deep - 1)), self.labels.row) * len(self.rows)
        )


@dataclass(frozen=True)
class Heat:
    """A square table of cells, NaN for none. models: of rows and columns.  around_half: of shares one half is neither good nor bad."""

    name: str
    models: tuple[str, ...]
    cells: tuple[tuple[float, ...], ...]
    axis: str
    around_half: bool

    @property
    def height(self) -> float:
        """Inches."""
        return 0.7 + max(CELL, self.labels.row) * max(8, len(self.models))

    @property
    def labels(self) -> Labels:
        """Of the rows, each with its number."""
        large = SMALL if len(self.models) > MANY else LARGE
        return labels([f"{model}  {place}" for place, model in enumerate(self.models, 1)], large=large)


@dataclass(frozen=True)
class Scatter:
    """Points: x, y, low and high of y, group."""

    name: str
    points: tuple[tuple[float, float, float | None, float | None, int], ...]
    axis: str
    upright: str
    groups: tuple[str, ...] = ()

    @property
    def height(self) -> float:
        """Inches."""
        return 2.4


Sketch = Strip | Heat | Scatter


def sketches(material: Material, made: Made, said: Words) -> list[Sketch]:
    """All figures that the material can fill; none is empty."""
    found: list[Sketch] = [*_effects(material, made, said), *_tradeoff(material, made, said)]
    if made.people is not None:
        for standing in made.people.standings:
            found += _standing(standing, said)
        found += _factors(material, made.people, said)
        found += _agreement(material, made, made.people, said)
    return found


EFFECTS: tuple[tuple[Kind, str, str, float], ...] = (
    ("accuracy", "effects", "change in exam accuracy, points", 100.0),
    ("bits_per_byte", "effects-bits-per-byte", "change in bits per byte, lower is better", 1.0),
)
"""What the figures of effects are of: kind, name of the file, axis, and what a share is multiplied by."""


def _effects(material: Material, made: Made, said: Words) -> list[Sketch]:
    """By component and language, of exams and of held-out text."""
    codes = [material.target.code, *(language.code for language in material.also)]
    groups = tuple(words.language_name(code, material) for code in codes)
    drawn: list[Sketch] = []
    for kind, name, axis, times in EFFECTS:
        mine = [
            e
            for e in made.effects
            if e.differs == "component" and e.pooled and e.measure.exam is None and e.measure.kind == kind
        ]
        rows = []
        for subject in dict.fromkeys(effect.subject for effect in mine):
            points = tuple(
                Point(
                    times * e.value,
                    _end(times * e.low),
                    _end(times * e.high),
                    codes.index(e.measure.language),
                    e.seen != "unseen",
                )
                for e in mine
                if e.subject == subject
            )
            rows.append(Row(words.capital(words.component_label(subject, material)), points))
        drawn += [Strip(name, tuple(rows), said(axis), groups)] if rows else []
    return drawn


def _tradeoff(material: Material, made: Made, said: Words) -> list[Sketch]:
    rows = tuple(
        Row(row.model, tuple(Point(g.value, None, None, place) for place, g in enumerate(row.gains)), joined=True)
        for row in made.tradeoff.rows
    )
    groups = tuple(language.name for language in (material.target, *material.also))
    return [Strip("tradeoff", rows, said("gain over the untouched backbone, points"), groups)] if rows else []


def _standing(standing: Standing, said: Words) -> list[Sketch]:
    rated = [row for row in standing.rows if isfinite(row.score)]
    if len(rated) < 2:
        return []
    rows = tuple(
        Row(r.model, (Point(r.score, r.low if r.interval else None, r.high if r.interval else None),)) for r in rated
    )
    models = tuple(row.model for row in standing.rows)
    met = standing.met
    n = range(len(models))
    won = tuple(
        tuple(
            (standing.wins[i, j] + standing.ties[i, j] / 2) / met[i, j] if met[i, j] > 0 and i != j else nan for j in n
        )
        for i in n
    )
    counts = tuple(tuple(float(met[i, j]) if i != j else nan for j in n) for i in n)
    name = standing.criterion
    return [
        Strip(f"ratings-{name}", rows, f"{said(name)}, Elo", zero=1000.0),
        Heat(
            f"win-rate-{name}", models, won, said("share of points that the row took from the column"), around_half=True
        ),
        Heat(f"battles-{name}", models, counts, said("battles"), around_half=False),
    ]


def _factors(material: Material, people: People, said: Words) -> list[Sketch]:
    made: list[Sketch] = []
    for unit, axis in (("Elo", "effect on votes, Elo points"), ("points", "effect on exam accuracy, points")):
        mine = [row for row in people.worths.effects if row.unit == unit]
        sources = list(dict.fromkeys(row.source for row in mine))
        rows = []
        for factor in dict.fromkeys(row.factor for row in mine):
            points = tuple(
                Point(w.effect.value, _end(w.effect.low), _end(w.effect.high), sources.index(w.source), w.seen)
                for w in mine
                if w.factor == factor
            )
            rows.append(Row(words.capital(factor_name(factor, material).partition(" (together")[0]), points))
        names = {language.code: language.name for language in (material.target, *material.also)}
        groups = tuple(names.get(source, said(source)) for source in sources)
        if rows:
            made.append(Strip(f"factors-{'votes' if unit == 'Elo' else 'exams'}", tuple(rows), said(axis), groups))
    return made


def _agreement(material: Material, made: Made, people: People, said: Words) -> list[Sketch]:
    criteria = list(dict.fromkeys(one.criterion for one in people.agreements))
    found: list[Sketch] = []
    for code in dict.fromkeys(one.language for one in people.agreements):
        mine = [one for one in people.agreements if one.language == code]
        rows = []
        for name in dict.fromkeys(exam_name(one, material) for one in mine):
            points = tuple(
                Point(
                    a.spearman.value, _end(a.spearman.low), _end(a.spearman.high), criteria.index(a.criterion), a.seen
                )
                for a in mine
                if exam_name(a, material) == name
            )
            label = name.removesuffix(f" ({words.language_name(code, material)})")
            rows.append(Row(words.capital(label) if " " in label else label, points))
        groups = tuple(said(name) for name in criteria)
        short = code.partition("_")[0]
        found.append(Strip(f"agreement-{short}", tuple(rows), said("Spearman's correlation with votes"), groups))
    return [*found, *_scatters(material, made, people, said)]


def _scatters(material: Material, made: Made, people: People, said: Words) -> list[Sketch]:
    """The mean over the exams of a language against the rating, model by model."""
    names = compared_models(material)
    found: list[Sketch] = []
    standing = people.standing("overall") or people.standings[0]
    by_model = {model.name: model for model in material.models}
    backbones = list(dict.fromkeys(by_model[name].backbone for name in names))
    rated = {row.model: row for row in standing.rows if isfinite(row.score)}
    for one in leading(people.agreements):
        if one.criterion != standing.criterion or one.exam is not None:
            continue
        table = next((t.table for t in made.full if t.table.language == one.language.partition("_")[0]), None)
        means = {row.model: row.common for row in table.rows if row.common is not None} if table else {}
        points = tuple(
            (
                *(100 * means[name], rated[name].score),
                *(_end(rated[name].low), _end(rated[name].high), backbones.index(by_model[name].backbone)),
            )
            for name in names
            if name in means and name in rated
        )
        language = words.language_name(one.language, material)
        if points:
            short = one.language.partition("_")[0]
            axis = said("mean of the exams, %") + f" ({language})"
            found.append(
                Scatter(f"exams-and-people-{short}", points, axis, f"{said(standing.criterion)}, Elo", tuple(backbones))
            )
    return found


def _end(value: float) -> float | None:
    return value if isfinite(value) else None
