"""What is done to one document, whatever the others are: the same in every worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mintza.corpus import forgetting
from mintza.corpus.calibration import calibration_for
from mintza.corpus.filters import (
    boilerplate,
    budget,
    exact,
    language,
    length,
    mixing,
    near,
    normalise,
    overlap,
    personal,
    quality,
)
from mintza.corpus.filters.shapes import Edit, Judging
from mintza.corpus.settings import CorpusSettings
from mintza.corpus.sources import open_source
from mintza.corpus.sources.pieces import Unread
from mintza.corpus.sources.reading import STEP as READ
from mintza.records import Document, Item, Language, Verdict
from mintza.text.identify import cascade
from mintza.text.vocabulary import Vocabulary

LIMIT = "limit"
ORDER = (
    READ,
    LIMIT,
    normalise.STEP,
    personal.STEP,
    boilerplate.STEP,
    language.STEP,
    length.STEP,
    mixing.STEP,
    quality.STEP,
    overlap.STEP,
    exact.STEP,
    near.STEP,
    forgetting.STEP,
    budget.STEP,
)
Records = Iterable[Document | Verdict]
AsRead = Iterable[Document | Verdict | Unread]


@dataclass(frozen=True)
class Frequent:
    """Lines that may be boilerplate. seen: number of a line -> documents that have it.  sizes: source -> its documents."""

    seen: Mapping[int, int]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Recipe:
    """All that decides what becomes of a document. languages: of the study, the target first.  items: of exams to keep out."""

    settings: CorpusSettings
    base: Path
    languages: tuple[Language, ...]
    items: tuple[Item, ...]
    seed: int


class Chain:
    """The filters that look at one document at a time. Raises what opening them raises (a calibration that is missing, ...)."""

    def __init__(self, recipe: Recipe) -> None:
        self._settings = recipe.settings
        opened = {one.name: open_source(one, base=recipe.base) for one in recipe.settings.sources}
        self._sources = opened.__getitem__
        # Filters look the words of a document up once for all of them, and those who compare documents too.
        self.vocabulary = Vocabulary()
        self._cleaning = _cleaning(recipe.settings)
        self._filters = _filters(recipe, self.vocabulary)

    def cleaned(self, records: AsRead) -> Iterator[Document | Verdict]:
        """What comes before all that compares documents, or quotes them in a verdict; what was left for later is read now."""
        return _each(self._cleaning, self._finished(records))

    def _finished(self, records: AsRead) -> Iterator[Document | Verdict]:
        for record in records:
            if isinstance(record, Unread):
                yield self._sources(record.source).finished(record, self._settings.on_bad_input)
            else:
                yield record

    def without_boilerplate(self, records: Records, frequent: Frequent) -> Iterator[Document | Verdict]:
        """Cleaned documents without the lines that stand in many of their source."""
        chosen = self._settings.filters.boilerplate
        if chosen is None:
            return iter(records)
        return _each([_Lines(boilerplate.Boilerplate(chosen), frequent)], records)

    def filtered(self, records: Records) -> Iterator[Document | Verdict]:
        """Cleaned documents that every filter keeps, as they leave them."""
        return _each(self._filters, records)


def place_of(verdict: Verdict) -> tuple[int, str, int]:
    """Where a verdict stands among all: by step, id and number of paragraph or line."""
    name, _, number = verdict.record_id.rpartition("#")
    if verdict.unit in ("paragraph", "line") and number.isdecimal():
        return ORDER.index(verdict.step), name, int(number)
    return ORDER.index(verdict.step), verdict.record_id, 0


class _Lines:
    """Boilerplate as a filter of one document, once the lines of all were counted."""

    def __init__(self, by: boilerplate.Boilerplate, frequent: Frequent) -> None:
        self.edit = lambda document: by.edited(document, frequent.seen, frequent.sizes)


def _each(filters: Sequence[Edit], records: Records) -> Iterator[Document | Verdict]:
    for record in records:
        if isinstance(record, Verdict):
            yield record
            continue
        left: Document | None = record
        for one in filters:
            if left is not None:
                left, verdicts = one.edit(left)
                yield from verdicts
        if left is not None:
            yield left


def _cleaning(settings: CorpusSettings) -> list[Edit]:
    masking = settings.filters.personal
    return [
        normalise.Normalise(settings.filters.normalise),
        *([personal.Personal(masking)] if masking is not None else []),
    ]


def _filters(recipe: Recipe, vocabulary: Vocabulary) -> list[Edit]:
    filters: list[Edit] = []
    chosen = recipe.settings.filters
    if chosen.language is not None:
        identifier = cascade(recipe.languages)
        filters.append(language.LanguageByParagraph(chosen.language, identifier, recipe.languages, vocabulary))
    if chosen.length is not None:
        filters.append(Judging(length.Length(chosen.length, vocabulary)))
    if chosen.mixing is not None:
        filters.append(Judging(mixing.Mixing(chosen.mixing, vocabulary)))
    calibration = calibration_for(recipe.settings, recipe.base)
    if chosen.quality is not None and calibration is not None:
        filters.append(Judging(quality.Quality(chosen.quality, calibration, vocabulary)))
    if recipe.settings.decontaminate_against:
        filters.append(Judging(overlap.Overlap(chosen.overlap, recipe.items, vocabulary)))
    return filters
