"""Variants that differ in their seed alone: one mixture on one backbone, trained several times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from math import nan
from statistics import fmean, stdev
from typing import TYPE_CHECKING

from mintza.report.material import ExaminedModel, Material
from mintza.report.scorebook import KINDS, Measure, ScoreBook

if TYPE_CHECKING:
    from mintza.stats.seeds import Seeded


@dataclass(frozen=True)
class Repeated:
    """name: of the variants without their seeds.  members: by seed, two at least."""

    name: str
    members: tuple[ExaminedModel, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """Of the members."""
        return tuple(model.name for model in self.members)

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the members."""
        return tuple(model.seed for model in self.members if model.seed is not None)


def repeated(material: Material) -> list[Repeated]:
    """Mixtures that were trained with two seeds or more, in the order of the models."""
    found: dict[Hashable, list[ExaminedModel]] = defaultdict(list)
    for model in material.models:
        if model.role == "variant":
            found[cell_of(model)].append(model)
    return [
        Repeated(several[0].name.rpartition(".s")[0], tuple(sorted(several, key=lambda one: one.seed or 0)))
        for several in found.values()
        if len({one.seed for one in several}) > 1
    ]


@dataclass(frozen=True)
class SeedMean:
    """A number of a mixture over its seeds, on the items that all of them answered."""

    mixture: Repeated
    measure: Measure
    found: Seeded


def seed_means(material: Material, book: ScoreBook, level: float) -> list[SeedMean]:
    """Every exam and measure of every mixture with several seeds, by mixture and language."""
    codes = [material.target.code, *(language.code for language in material.also)]
    made = []
    for one in repeated(material):
        for kind in KINDS:
            for code in codes:
                for exam in book.exams(kind, code):
                    measure = Measure(kind, code, exam)
                    found = mean_of(book, one, measure, level)
                    made += [SeedMean(one, measure, found)] if found is not None else []
    return made


def cell_of(model: ExaminedModel) -> Hashable | None:
    """What a variant is but for its seed; None for a model that no seed of the study bears on."""
    return (model.backbone, frozenset(model.mixture), model.table) if model.role == "variant" else None


def cells_of_pairs(pairs: Sequence[tuple[str, str]], material: Material) -> list[Hashable | None]:
    """Pairs of one cell differ in their seed alone; None for a pair that no seed bears on."""
    by_name = {model.name: cell_of(model) for model in material.models}
    both = [(by_name.get(one), by_name.get(other)) for one, other in pairs]
    return [cells if cells != (None, None) else None for cells in both]


def has_repeats(cells: Sequence[Hashable | None]) -> bool:
    """Whether two rows differ in their seed alone, so that the spread of seeds can be told."""
    known = [cell for cell in cells if cell is not None]
    return len(set(known)) < len(known)


def mean_of(
    book: ScoreBook, one: Repeated, measure: Measure, level: float, exams: frozenset[str] | None = None
) -> Seeded | None:
    """A measure's mean over the members, on the items that all of them answered; None without such items.

    One item alone tells how the seeds differ, and nothing of other items: no interval (NaN).
    exams: of which items count, None for all.
    """
    from mintza.stats import Effect, Seeded, as_share, mean_over_seeds

    scores = [book.scores(name, measure) for name in one.names]
    keys = sorted(set.intersection(*(set(found) for found in scores)))
    keys = [key for key in keys if exams is None or key[0] in exams]
    weights = [scores[0][key].weight for key in keys]
    if sum(weights) <= 0:
        return None
    values = [[found[key].value for key in keys] for found in scores]
    if len(keys) < 2:
        each = [row[0] for row in values]
        return Seeded(Effect(fmean(each), nan, nan, nan), stdev(each), nan, nan)
    found = mean_over_seeds(values, weights, [one.name] * len(values), level=level)
    return found if measure.kind == "bits_per_byte" else as_share(found, len(keys), level=level)
