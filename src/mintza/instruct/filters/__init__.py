"""The filters of conversations, one a file."""

from __future__ import annotations

from typing import assert_never

from mintza.instruct.filters.copied import CopiedFilter
from mintza.instruct.filters.finished import FinishedFilter
from mintza.instruct.filters.language import LanguageFilter
from mintza.instruct.filters.length import LengthFilter
from mintza.instruct.filters.near_duplicate import NearDuplicateFilter
from mintza.instruct.filters.refusal import RefusalFilter
from mintza.instruct.filters.repetition import RepetitionFilter
from mintza.instruct.filters.shapes import Judge, Select, apply
from mintza.instruct.settings import (
    CopiedFilterSettings,
    Filter,
    FinishedFilterSettings,
    LanguageFilterSettings,
    LengthFilterSettings,
    NearDuplicateFilterSettings,
    RefusalFilterSettings,
    RepetitionFilterSettings,
)
from mintza.records import Language
from mintza.text.identify import Identifier

__all__ = ["Judge", "Select", "apply", "make"]


def make(settings: Filter, *, language: Language, identifier: Identifier) -> Judge | Select:
    """The filter that settings ask for."""
    match settings:
        case LanguageFilterSettings():
            return LanguageFilter(settings, code=language.code, identifier=identifier)
        case LengthFilterSettings():
            return LengthFilter(settings)
        case FinishedFilterSettings():
            return FinishedFilter(language.sentence_end)
        case RepetitionFilterSettings():
            return RepetitionFilter(settings)
        case CopiedFilterSettings():
            return CopiedFilter(settings)
        case RefusalFilterSettings():
            return RefusalFilter(settings, language=language)
        case NearDuplicateFilterSettings():
            return NearDuplicateFilter(settings)
    assert_never(settings)
