"""Marks of the full tables: which variants differ from their untouched backbone on an exam, after correction for the whole table."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mintza.report.effects import Seen, shared_items, untouched_of
from mintza.report.material import Material
from mintza.report.scorebook import Measure, ScoreBook
from mintza.stats import alike_difference, holm, mcnemar

ALPHA = 0.05
SEED = 1
REPLICAS = 10_000


@dataclass(frozen=True)
class Tested:
    """One comparison on the same items. difference: in points of per cent.  p: of the test; holm: corrected over the language.

    test: McNemar's exact one where items are right or wrong, else a paired permutation.
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
    """Each variant against its untouched backbone on each exam that both sat alike; Holm's correction over each language."""
    made: list[Tested] = []
    for code in (material.target.code, *(language.code for language in material.also)):
        rows = [row for exam in book.exams("accuracy", code) for row in _of_exam(material, book, code, exam)]
        corrected = holm([row.p for row in rows])
        made += [Tested(**{**vars(row), "holm": float(p)}) for row, p in zip(rows, corrected, strict=True)]
    return made


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
