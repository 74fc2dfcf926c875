"""Everything that a report computes, once, for its page, tables, figures and findings."""

from __future__ import annotations

from dataclasses import dataclass

from mintza.report.effects import Effect, effects
from mintza.report.material import Material
from mintza.report.questions import Answer, answers
from mintza.report.scorebook import ScoreBook
from mintza.report.sections.exams import Full, full_tables
from mintza.report.seeds import SeedMean, seed_means
from mintza.report.settings import ReportSettings
from mintza.report.significance import Tested, tested
from mintza.report.tradeoff import Tradeoff, tradeoff
from mintza.report.votes.people import People, people


@dataclass(frozen=True)
class Made:
    """book: scores by model and measure.  tests: each variant against its backbone, exam by exam.  full: tables by language."""

    book: ScoreBook
    effects: tuple[Effect, ...]
    answers: tuple[Answer, ...]
    tests: tuple[Tested, ...]
    full: tuple[Full, ...]
    tradeoff: Tradeoff
    seeds: tuple[SeedMean, ...]
    people: People | None


def make(settings: ReportSettings, material: Material) -> Made:
    """All numbers of a report; nothing is written."""
    book = ScoreBook(material)
    found = effects(material, book, level=settings.level, replicas=settings.replicas)
    voted = people(material, book, replicas=settings.replicas)
    tests = tested(material, book)
    return Made(
        book=book,
        effects=tuple(found),
        answers=tuple(answers(material, found, voted)),
        tests=tuple(tests),
        full=tuple(full_tables(material, tests)),
        tradeoff=tradeoff(material, book, level=settings.level),
        seeds=tuple(seed_means(material, book, settings.level)),
        people=voted,
    )
