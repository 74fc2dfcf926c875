"""Effects: how a number changes between models that differ in one thing only, item by item."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import isfinite
from typing import Literal

from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import ItemKey, Measure, ScoreBook
from mintza.report.seeds import cells_of_pairs, has_repeats, repeated
from mintza.stats import alike_difference, mean_over_seeds

SEED = 1
Seen = Literal["better", "worse", "unseen"]
Differs = Literal["component", "backbone", "variant", "mixture"]
Pair = tuple[str, str]
"""Names of two models: with and without; instructed and base; variant and its untouched backbone."""
Cell = tuple[str, frozenset[str], int | None]
"""Backbone, mixture, seed (None for an untouched backbone)."""


@dataclass(frozen=True)
class Effect:
    """A difference between models that differ in one thing.

    differs: in what; subject: which component, which two backbones, which variant, or which mixture over its seeds.
    pairs: of models that are compared.
    value, low, high: mean of the first less that of the second, in the unit of the measure; the ends are NaN over one item alone.
    p: how often luck does as much.
    items: that both sides answered.  seen: better or worse when the interval leaves out zero and p is below 1 - level.
    pooled: over all pairs, else of one of several, or of the seeds of one.
    templates_differ: one side was asked under another chat template, or none.
    seeds: how many the interval is over besides the items; 0: over items alone.  spread: standard deviation between the seeds of a
    pair.  from_seeds: share of the variance that they make up.
    """

    differs: Differs
    subject: str
    measure: Measure
    pairs: tuple[Pair, ...]
    value: float
    low: float
    high: float
    p: float
    items: int
    seen: Seen
    pooled: bool = True
    templates_differ: bool = False
    seeds: int = 0
    spread: float | None = None
    from_seeds: float | None = None

    @property
    def has_interval(self) -> bool:
        """Whether the ends are known."""
        return isfinite(self.low) and isfinite(self.high)

    @property
    def leaves_out_zero(self) -> bool:
        """Whether the interval does."""
        return self.low > 0 or self.high < 0


def effects(material: Material, book: ScoreBook, *, level: float, replicas: int) -> list[Effect]:
    """Effects of each component, of instructed against base backbones, and of each variant against its untouched backbone.

    Where seeds differ, the effects of each mixture over its seeds besides, and intervals are over seeds and items.
    Each in all languages and measures: over all exams of a measure together, by exam where there are several, and by pair
    where there are several (seeds of a pair together).  Pairs of a component are the same backbone and seed with and without it.
    """
    codes = [material.target.code, *(language.code for language in material.also)]
    measures = [measure for code in codes for measure in book.measures(code)]
    made: list[Effect] = []
    for differs, subject, pairs in _comparisons(material):
        for measure in measures:
            exams = book.exams(measure.kind, measure.language)
            parts = [Measure(measure.kind, measure.language, exam) for exam in exams] if len(exams) > 1 else []
            wanted = [(part, pairs, True) for part in (measure, *parts)]
            apart = _by_cell(pairs, material)
            wanted += [(measure, several, False) for several in apart] if len(apart) > 1 else []
            for part, compared, pooled in wanted:
                effect = _effect(material, book, differs, subject, part, compared, level, replicas, pooled)
                made += [effect] if effect else []
    return made


def _by_cell(pairs: tuple[Pair, ...], material: Material) -> list[tuple[Pair, ...]]:
    """Pairs that differ in their seed alone together, each other pair alone; seeds of one mixture are no comparisons of their own."""
    found: dict[object, list[Pair]] = {}
    for pair, cell in zip(pairs, cells_of_pairs(pairs, material), strict=True):
        found.setdefault(pair if cell is None else cell, []).append(pair)
    return [tuple(several) for several in found.values()]


def component_pairs(material: Material) -> dict[str, tuple[Pair, ...]]:
    """Component -> pairs of models (with it, without it) in the same backbone and seed; a model equal to itself is no pair."""
    table = cells(material)
    empty = {facts.name for facts in material.components if facts.records == 0}
    names = [facts.name for facts in material.components]
    names += sorted({name for _, mixture, _ in table for name in mixture} - set(names))
    found: dict[str, tuple[Pair, ...]] = {}
    for name in names:
        pairs = []
        for (backbone, mixture, seed), model in table.items():
            rest = mixture - {name}
            other = table.get((backbone, rest, seed if rest else None))
            if name in mixture and name not in empty and other is not None and other != model:
                pairs.append((model, other))
        found[name] = tuple(dict.fromkeys(pairs))
    return found


def cells(material: Material) -> dict[Cell, str]:
    """Cell -> the examined model that it is, cells that are equal to another by definition included."""
    backbones = sorted({model.backbone for model in material.models}, key=len, reverse=True)
    found: dict[Cell, str] = {}
    for model in material.models:
        if model.role != "reference":
            found[(model.backbone, frozenset(model.mixture), model.seed if model.mixture else None)] = model.name
    for model in material.models:
        for name in model.same_as:
            cell = read_cell(name, backbones)
            if cell is not None:
                found.setdefault(cell, model.name)
    return found


def read_cell(name: str, backbones: Iterable[str]) -> Cell | None:
    """`BACKBONE.MIXTURE.sSEED`, or a backbone's name, as a cell; None when it is neither. backbones: the longest first."""
    for backbone in backbones:
        if name == backbone:
            return (backbone, frozenset(), None)
        rest = name.removeprefix(f"{backbone}.")
        mixture, dot, seed = rest.rpartition(".s")
        if rest != name and dot and seed.isdecimal():
            return (backbone, frozenset(mixture.split("+")), int(seed))
    return None


def backbone_pairs(material: Material) -> dict[str, tuple[Pair, ...]]:
    """`INSTRUCTED against BASE` -> pairs of variants that have the same mixture and seed and stand in the same table."""
    variants = [model for model in material.models if model.role == "variant"]
    found: dict[str, list[Pair]] = {}
    for one in variants:
        for other in variants:
            alike = (set(one.mixture), one.seed, one.table) == (set(other.mixture), other.seed, other.table)
            if alike and one.instructed and not other.instructed:
                found.setdefault(f"{one.backbone} against {other.backbone}", []).append((one.name, other.name))
    return {subject: tuple(pairs) for subject, pairs in found.items()}


def untouched_of(model: ExaminedModel, material: Material) -> str | None:
    """Name of the untouched backbone that a variant started from, if it was examined and is not the variant itself."""
    if model.role != "variant":
        return None
    name = cells(material).get((model.backbone, frozenset(), None))
    return name if name != model.name else None


def _comparisons(material: Material) -> Iterator[tuple[Differs, str, tuple[Pair, ...]]]:
    for name, pairs in component_pairs(material).items():
        if pairs:
            yield "component", name, pairs
    for subject, pairs in backbone_pairs(material).items():
        yield "backbone", subject, pairs
    for model in material.models:
        untouched = untouched_of(model, material)
        if untouched is not None:
            yield "variant", model.name, ((model.name, untouched),)
    for several in repeated(material):
        against = [(model.name, untouched_of(model, material)) for model in several.members]
        pairs = tuple((name, other) for name, other in against if other is not None)
        if pairs:
            yield "mixture", several.name, pairs


def _effect(
    material: Material,
    book: ScoreBook,
    differs: Differs,
    subject: str,
    measure: Measure,
    pairs: tuple[Pair, ...],
    level: float,
    replicas: int,
    pooled: bool,
) -> Effect | None:
    """The effect over the items that all pairs share, each item's score averaged over the pairs; None without such items."""
    usable = [(pair, shared) for pair in pairs if (shared := shared_items(book, measure, pair))]
    keys = sorted(frozenset[ItemKey].intersection(*(shared for _, shared in usable))) if usable else []
    compared = tuple(pair for pair, _ in usable)
    firsts = [book.scores(one, measure) for one, _ in compared]
    seconds = [book.scores(other, measure) for _, other in compared]
    weights = [firsts[0][key].weight for key in keys]
    if sum(weights) <= 0:
        return None
    values = [[scores[key].value for key in keys] for scores in firsts]
    others = [[scores[key].value for key in keys] for scores in seconds]
    cells_of = cells_of_pairs(compared, material)
    alone = not has_repeats(cells_of) or len(keys) < 2
    if alone:
        ours, theirs = (
            [sum(column) / len(compared) for column in zip(*table, strict=True)] for table in (values, others)
        )
        found = alike_difference(ours, theirs, weights, seed=SEED, replicas=replicas, level=level)
        spread = from_seeds = None
    else:
        apart = [[x - y for x, y in zip(*rows, strict=True)] for rows in zip(values, others, strict=True)]
        found, spread, from_seeds, _ = mean_over_seeds(apart, weights, cells_of, level=level)
    return Effect(
        differs=differs,
        subject=subject,
        measure=measure,
        pairs=compared,
        value=found.value,
        low=found.low,
        high=found.high,
        p=found.p,
        items=len(keys),
        seen=_seen(measure, found.low, found.high, found.p, level),
        pooled=pooled,
        templates_differ=_templates_differ(book, measure, compared, keys),
        seeds=0 if alone else max(Counter(cell for cell in cells_of if cell is not None).values()),
        spread=spread,
        from_seeds=from_seeds,
    )


def _templates_differ(book: ScoreBook, measure: Measure, pairs: Iterable[Pair], keys: Iterable[ItemKey]) -> bool:
    exams = {exam for exam, _ in keys}
    return any(
        book.template(one, exam, measure.language) != book.template(other, exam, measure.language)
        for one, other in pairs
        for exam in exams
    )


def shared_items(book: ScoreBook, measure: Measure, pair: Pair) -> frozenset[ItemKey]:
    """Items that both of a pair answered, asked in the same way."""
    one, other = pair
    both = book.scores(one, measure).keys() & book.scores(other, measure).keys()
    code = measure.language
    alike = {exam for exam in {key[0] for key in both} if book.asked(one, exam, code) == book.asked(other, exam, code)}
    return frozenset(key for key in both if key[0] in alike)


def _seen(measure: Measure, low: float, high: float, p: float, level: float) -> Seen:
    if low <= 0 <= high or p >= 1 - level:
        return "unseen"
    rises = low > 0
    return "better" if rises != (measure.kind == "bits_per_byte") else "worse"
