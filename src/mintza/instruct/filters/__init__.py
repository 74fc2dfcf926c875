"""The filters of conversations, one a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_never

from mintza.instruct.filters.balance import BalanceFilter
from mintza.instruct.filters.code_only import CodeOnlyFilter
from mintza.instruct.filters.copied import CopiedFilter
from mintza.instruct.filters.finished import FinishedFilter
from mintza.instruct.filters.judged import JudgedFilter
from mintza.instruct.filters.language import LanguageFilter
from mintza.instruct.filters.length import LengthFilter
from mintza.instruct.filters.near_duplicate import NearDuplicateFilter
from mintza.instruct.filters.refusal import RefusalFilter
from mintza.instruct.filters.repetition import RepetitionFilter
from mintza.instruct.filters.shapes import Judge, Select, apply
from mintza.instruct.settings import (
    BalanceFilterSettings,
    CodeOnlyFilterSettings,
    CopiedFilterSettings,
    Filter,
    FinishedFilterSettings,
    JudgedFilterSettings,
    LanguageFilterSettings,
    LengthFilterSettings,
    NearDuplicateFilterSettings,
    OfWords,
    RefusalFilterSettings,
    RepetitionFilterSettings,
)
from mintza.records import Judgement, Language
from mintza.text.identify import Identifier

__all__ = ["Judge", "Select", "apply", "make"]


def make(
    settings: Filter, *, language: Language, identifier: Identifier, judgements: Mapping[str, Judgement]
) -> Judge | Select:
    """The filter that settings ask for. judgements: by the id of the conversation."""
    match settings:
        case JudgedFilterSettings():
            return JudgedFilter(settings, judgements)
        case BalanceFilterSettings():
            return BalanceFilter(settings, judgements)
        case NearDuplicateFilterSettings():
            return NearDuplicateFilter(settings)
    return _of_words(settings, language=language, identifier=identifier)


def _of_words(settings: OfWords, *, language: Language, identifier: Identifier) -> Judge:
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
        case CodeOnlyFilterSettings():
            return CodeOnlyFilter(settings)
    assert_never(settings)
