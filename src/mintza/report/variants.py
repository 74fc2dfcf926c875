"""The table of variants: a row a model, a column a measure, each cell with its interval and a mark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from math import isfinite, nan

from mintza.report import words
from mintza.report.effects import Effect, Seen, read_cell
from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import KINDS, Kind, Measure, ScoreBook
from mintza.report.seeds import Repeated, mean_of, repeated

GROUPS: dict[Kind, str] = {
    "bits_per_byte": "Bits per byte",
    "accuracy": "Exam accuracy, %",
    "right_language": "Right language, %",
}
ROLES = ("untouched", "variant", "equal", "reference")
MANY = 2
"""More exams than these in a language share one column."""


@dataclass(frozen=True)
class Column:
    """A measure and how it was taken.

    group, name, detail: of its head: what is measured, the language, the exam or source of texts.
    asked: items, protocol, shots, template in words.
    """

    measure: Measure
    group: str
    name: str
    detail: str
    asked: str


@dataclass(frozen=True)
class Cell:
    """A number with its interval, as printed: `no interval` over one item alone, "" where nothing was measured.

    best: of its column.  seen: against the untouched backbone.
    """

    value: str = ""
    interval: str = ""
    best: bool = False
    seen: Seen = "unseen"


@dataclass(frozen=True)
class Row:
    """A model, or a mixture over its seeds. name: short, as printed; full: its own.  equals: the model that a cell is equal to.

    members: names of the models that a mean is over, by seed.
    """

    full: str
    name: str
    role: str
    backbone: str
    seed: int | None
    equals: str | None
    cells: tuple[Cell, ...]
    members: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class _Number:
    value: float
    low: float | None
    high: float | None


def columns(material: Material, book: ScoreBook) -> list[Column]:
    """Bits per byte by language and source, accuracy by language and exam, right language; the target first.

    Where a language has more than two exams, one column stands for them all.
    """
    found = []
    for kind in KINDS:
        for code in (material.target.code, *(language.code for language in material.also)):
            exams = book.exams(kind, code)
            together = kind == "accuracy" and len(book.counted(kind, code)) > MANY
            for exam in (None,) if together else exams:
                measure = Measure(kind, code, exam)
                found.append(
                    Column(measure, GROUPS[kind], *_head(measure, exams, material), _asked(measure, material, book))
                )
    return found


def _head(measure: Measure, exams: Sequence[str], material: Material) -> tuple[str, str]:
    """Language, and the exam or source of texts."""
    details = {
        "bits_per_byte": words.source_name(measure.exam or ""),
        "accuracy": measure.exam or f"{len(exams)} exams",
        "right_language": "",
    }
    return words.language_name(measure.language, material), details[measure.kind]


def rows(material: Material, effects: Sequence[Effect], table: Sequence[Column], book: ScoreBook) -> list[Row]:
    """Untouched backbones, each with its variants below it, then references; cells equal by definition after their like."""
    every = {model.name: [_number(book, model.name, column.measure) for column in table] for model in material.models}
    best = [_best(column, [numbers[place] for numbers in every.values()]) for place, column in enumerate(table)]
    seen = _marks(effects, table)
    backbones = sorted({model.backbone for model in material.models}, key=len, reverse=True)
    made = []
    for model in material.models:
        cells = tuple(
            _cell(column.measure.kind, number, best[place], seen.get((model.name, place), "unseen"))
            for place, (column, number) in enumerate(zip(table, every[model.name], strict=True))
        )
        made.append(Row(model.name, _short(model), model.role, model.backbone, model.seed, None, cells))
        made += [_equal(name, model, backbones, cells) for name in model.same_as]
    return _by_backbone(made)


def rows_over_seeds(
    material: Material, effects: Sequence[Effect], table: Sequence[Column], book: ScoreBook, level: float
) -> list[Row]:
    """As `rows`, with one row for all the seeds of a mixture; cells that equal another stand once, whatever their seed."""
    several = {model.name: one for one in repeated(material) for model in one.members}
    kept = [row for row in rows(material, effects, table, book) if row.full not in several]
    alike = {(row.backbone, row.name, row.equals): row for row in reversed(kept) if row.role == "equal"}
    kept = [row for row in kept if row.role != "equal" or row is alike[(row.backbone, row.name, row.equals)]]
    kept = [replace(row, seed=None) if row.role == "equal" else row for row in kept]
    means = {
        one.name: [_over_seeds(book, one, column.measure, level) for column in table] for one in repeated(material)
    }
    alone = {row.full: [_number(book, row.full, column.measure) for column in table] for row in kept if not row.equals}
    every = [*alone.values(), *means.values()]
    best = [_best(column, [numbers[place] for numbers in every]) for place, column in enumerate(table)]
    kept = [
        replace(
            row,
            cells=tuple(replace(c, best=bool(c.value) and c.value == b) for c, b in zip(row.cells, best, strict=True)),
        )
        for row in kept
    ]
    seen = _marks(effects, table)
    for one in repeated(material):
        cells = tuple(
            _cell(column.measure.kind, means[one.name][place], best[place], seen.get((one.name, place), "unseen"))
            for place, column in enumerate(table)
        )
        first = one.members[0]
        members = tuple(zip(one.seeds, one.names, strict=True))
        kept.append(Row(one.name, " + ".join(first.mixture), "variant", first.backbone, None, None, cells, members))
    return _by_backbone(kept)


def _by_backbone(made: Sequence[Row]) -> list[Row]:
    """Untouched backbones, each with its variants below it and cells equal to another last, then references."""
    own = list(dict.fromkeys(row.backbone for row in made if row.role != "reference"))
    return sorted(
        made,
        key=lambda row: (
            row.role == "reference",
            own.index(row.backbone) if row.role != "reference" else 0,
            ROLES.index(row.role),
        ),
    )


def _over_seeds(book: ScoreBook, one: Repeated, measure: Measure, level: float) -> _Number | None:
    shared = None if measure.exam else _shared_exams(measure, book)
    found = mean_of(book, one, measure, level, shared)
    if found is None:
        return None
    value, low, high, _ = found.effect
    shares = measure.kind != "bits_per_byte"
    return _Number(value, max(low, 0.0), min(high, 1.0) if shares else high)


def _equal(name: str, model: ExaminedModel, backbones: Sequence[str], cells: tuple[Cell, ...]) -> Row:
    """The row of a cell that is equal to an examined model by definition, with its numbers."""
    cell = read_cell(name, backbones)
    if cell is None:
        return Row(name, name, "equal", model.backbone, None, model.name, cells)
    backbone, _, seed = cell
    mixture = name.removeprefix(f"{backbone}.").rpartition(".s")[0] if seed is not None else ""
    return Row(name, mixture.replace("+", " + ") or "untouched", "equal", backbone, seed, model.name, cells)


def summary_rows(material: Material) -> list[list[str]]:
    """A head and a row a model, of what matters most: bits per byte in two languages, accuracy, right language."""
    target = material.target
    wanted = [(Measure("bits_per_byte", target.code), f"{target.name}, bits per byte")]
    wanted += [(Measure("bits_per_byte", other.code), f"{other.name}, bits per byte") for other in material.also[:1]]
    wanted += [(Measure("accuracy", target.code), f"{target.name} exam, %")]
    wanted += [(Measure("right_language", target.code), f"answers in {target.name}, %")]
    book = ScoreBook(material)
    made = [["variant", *(head for _, head in wanted)]]
    for model in _in_order(material.models):
        numbers = [(measure.kind, _number(book, model.name, measure)) for measure, _ in wanted]
        cells = [_cell(kind, number, None, "unseen") for kind, number in numbers]
        made.append([model.name, *(f"{c.value} ({c.interval})" if c.interval else c.value or "-" for c in cells)])
    return made


def _number(book: ScoreBook, model: str, measure: Measure) -> _Number | None:
    """The measurement of one exam; over several, the mean over all of their items."""
    exams = (measure.exam,) if measure.exam else book.exams(measure.kind, measure.language)
    if len(exams) == 1:
        found = book.measurement(model, exams[0], measure.language)
        return _Number(found.value, found.low, found.high) if found else None
    shared = _shared_exams(measure, book)
    scored = [one for (exam, _), one in sorted(book.scores(model, measure).items()) if exam in shared]
    if sum(one.weight for one in scored) <= 0:
        return None
    return _Number(*_mean(tuple(one.value for one in scored), tuple(one.weight for one in scored)))


def _shared_exams(measure: Measure, book: ScoreBook) -> frozenset[str]:
    """Exams that every model has that has any, so that their means are over the same questions."""
    by_model = [{exam for exam, _ in scores} for scores in book.all_scores(measure)]
    return frozenset[str].intersection(*map(frozenset, by_model)) if by_model else frozenset()


@lru_cache(maxsize=256)
def _mean(values: tuple[float, ...], weights: tuple[float, ...]) -> tuple[float, float, float]:
    from mintza.stats import bootstrap_mean

    found = bootstrap_mean(values, weights, seed=1)
    return found.value, found.low, found.high


def _cell(kind: Kind, number: _Number | None, best: str | None, seen: Seen) -> Cell:
    if number is None:
        return Cell()
    value = words.number(kind, number.value)
    low, high = (nan if end is None else end for end in (number.low, number.high))
    return Cell(value, words.span(kind, low, high), value == best, seen)


def _best(column: Column, numbers: Sequence[_Number | None]) -> str | None:
    """The best number of a column as printed, so that what looks equal is marked alike; None when all are the same."""
    values = [number.value for number in numbers if number is not None and isfinite(number.value)]
    if not values or min(values) == max(values):
        return None
    kind = column.measure.kind
    return words.number(kind, min(values) if kind == "bits_per_byte" else max(values))


def _marks(effects: Sequence[Effect], table: Sequence[Column]) -> dict[tuple[str, int], Seen]:
    """(variant, place of the column) -> what is seen against its untouched backbone."""
    found: dict[tuple[str, int], Seen] = {}
    for effect in effects:
        if effect.differs not in ("variant", "mixture") or not effect.pooled:
            continue
        for place, column in enumerate(table):
            alone = Measure(column.measure.kind, column.measure.language)
            only = sum((c.measure.kind, c.measure.language) == (alone.kind, alone.language) for c in table) == 1
            if effect.measure == column.measure or (only and effect.measure == alone):
                found[(effect.subject, place)] = effect.seen
    return found


def _in_order(models: Sequence[ExaminedModel]) -> list[ExaminedModel]:
    backbones = list(dict.fromkeys(model.backbone for model in models if model.role != "reference"))
    own = [
        model
        for backbone in backbones
        for role in ("untouched", "variant")
        for model in models
        if (model.backbone, model.role) == (backbone, role)
    ]
    return own + [model for model in models if model.role == "reference"]


def _short(model: ExaminedModel) -> str:
    if model.role == "variant":
        return " + ".join(model.mixture)
    return "untouched" if model.role == "untouched" else model.name


def _asked(measure: Measure, material: Material, book: ScoreBook) -> str:
    """How a column was measured: items, protocol, shots, templates; what differs between models is said."""
    exams = {measure.exam} if measure.exam else _shared_exams(measure, book)
    mine = [
        m
        for m in material.measurements
        if m.exam in exams and m.language == measure.language and book.primary.get((m.exam, m.language)) == m.metric
    ]
    if not mine:
        return "not measured by every model"
    counts: dict[str, int] = {}
    for m in mine:
        counts[m.model] = counts.get(m.model, 0) + m.items
    word = {"bits_per_byte": "texts", "right_language": "answers", "accuracy": "items"}[measure.kind]
    parts = [f"{_range(list(counts.values()))} {word if max(counts.values()) != 1 else word[:-1]}"]
    if measure.exam is None:
        parts.append(f"of the {len(exams)} exams that every model sat")
    parts.append(words.listed(sorted({m.protocol for m in mine})) + " protocol")
    if measure.kind == "accuracy":
        parts += [
            f"{_range([m.shots for m in mine])} shots",
            "metric " + words.listed(sorted({m.metric for m in mine})),
        ]
    templates = sorted({m.template or "" for m in mine})
    parts.append(words.listed([f"chat template {digest}" if digest else "plain text" for digest in templates]))
    return ", ".join(parts)


def _range(numbers: Sequence[int]) -> str:
    low, high = min(numbers, default=0), max(numbers, default=0)
    return f"{low:,}" if low == high else f"{low:,} to {high:,}"
