"""Marks of the full tables: which variants differ from their untouched backbone on an exam, after correction for the whole table.

With several seeds the table's rows are mixtures over their seeds; the variants of single seeds are a family of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from mintza.report.effects import Seen, shared_items, untouched_of
from mintza.report.material import Material
from mintza.report.scorebook import Measure, ScoreBook
from mintza.report.seeds import Repeated, repeated
from mintza.stats import alike_difference, holm, mcnemar, mean_over_seeds

ALPHA = 0.05
SEED = 1
REPLICAS = 10_000


@dataclass(frozen=True)
class Tested:
    """One comparison on the same items. difference: in points of per cent.  p: of the test; holm: corrected over the language.

    model: a variant, or a mixture over its seeds.  test: McNemar's exact one where items are right or wrong, else a paired
    permutation; over seeds Student's over items and seeds.
    """

    model: str
    untouched: str
    language: str
    exam: str
    difference: float
    items: int
    test: str
    p: float
    holm: float

    @property
    def seen(self) -> Seen:
        """Better or worse where p stays below 5 % after correction."""
        if self.holm >= ALPHA or self.difference == 0:
            return "unseen"
        return "better" if self.difference > 0 else "worse"


def tested(material: Material, book: ScoreBook) -> list[Tested]:
    """Each variant against its untouched backbone on each exam that both sat alike; Holm's correction over each table.

    Tables are those of a language: of its mixtures over their seeds, with what was trained once, and of each seed.
    """
    made: list[Tested] = []
    several = repeated(material)
    apart = {name for one in several for name in one.names}
    for code in (material.target.code, *(language.code for language in material.also)):
        exams = book.exams("accuracy", code)
        every = [row for exam in exams for row in _of_exam(material, book, code, exam)]
        means = [row for exam in exams for one in several for row in _over_seeds(material, book, code, exam, one)]
        made += _corrected([*(row for row in every if row.model not in apart), *means])
        made += _corrected([row for row in every if row.model in apart])
    return made


def _corrected(rows: list[Tested]) -> list[Tested]:
    corrected = holm([row.p for row in rows])
    return [replace(row, holm=float(p)) for row, p in zip(rows, corrected, strict=True)]


def _over_seeds(material: Material, book: ScoreBook, code: str, exam: str, several: Repeated) -> list[Tested]:
    measure = Measure("accuracy", code, exam)
    pairs = [(model.name, other) for model in several.members if (other := untouched_of(model, material)) is not None]
    shared = [shared_items(book, measure, pair) for pair in pairs]
    keys = sorted(frozenset.intersection(*shared)) if shared else []
    if len(keys) < 2 or len(pairs) < 2:
        return []
    apart = [
        [ours[key].value - theirs[key].value for key in keys]
        for ours, theirs in ((book.scores(one, measure), book.scores(other, measure)) for one, other in pairs)
    ]
    found = mean_over_seeds(apart, [1.0] * len(keys), [several.name] * len(pairs)).effect
    test = f"Student, over items and {len(pairs)} seeds"
    return [Tested(several.name, pairs[0][1], code, exam, 100 * found.value, len(keys), test, found.p, found.p)]


def marks(rows: list[Tested], language: str) -> Mapping[tuple[str, str], Seen]:
    """(model, exam) -> what is seen, in the tables of a language by ISO 639-3."""
    return {(row.model, row.exam): row.seen for row in rows if row.language.partition("_")[0] == language}


def _of_exam(material: Material, book: ScoreBook, code: str, exam: str) -> list[Tested]:
    measure = Measure("accuracy", code, exam)
    rows = []
    for model in material.models:
        untouched = untouched_of(model, material)
        if untouched is None:
            continue
        keys = sorted(shared_items(book, measure, (model.name, untouched)))
        if not keys:
            continue
        ours, theirs = book.scores(model.name, measure), book.scores(untouched, measure)
        one, other = [ours[key].value for key in keys], [theirs[key].value for key in keys]
        difference = 100 * (sum(one) - sum(other)) / len(keys)
        if {*one, *other} <= {0.0, 1.0}:
            only = [
                sum(a > b for a, b in zip(one, other, strict=True)),
                sum(a < b for a, b in zip(one, other, strict=True)),
            ]
            test, p = "McNemar, exact", mcnemar(*only)
        else:
            test = "permutation"
            p = alike_difference(one, other, [1.0] * len(keys), seed=SEED, replicas=REPLICAS).p
        rows.append(Tested(model.name, untouched, code, exam, difference, len(keys), test, p, p))
    return rows
