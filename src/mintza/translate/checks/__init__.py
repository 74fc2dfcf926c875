"""The checks of translations, one a file."""

from __future__ import annotations

from typing import assert_never

from mintza.records import Language
from mintza.text.identify import Identifier
from mintza.translate.checks.copied import CopiedCheck
from mintza.translate.checks.empty import EmptyCheck
from mintza.translate.checks.language import LanguageCheck
from mintza.translate.checks.length_ratio import LengthRatioCheck
from mintza.translate.checks.placeholders import PlaceholdersCheck
from mintza.translate.checks.question import QuestionCheck
from mintza.translate.checks.refusal import RefusalCheck
from mintza.translate.checks.repetition import RepetitionCheck
from mintza.translate.checks.shapes import Judge
from mintza.translate.checks.turns import TurnsCheck
from mintza.translate.settings import (
    Check,
    CopiedCheckSettings,
    EmptyCheckSettings,
    LanguageCheckSettings,
    LengthRatioCheckSettings,
    PlaceholdersCheckSettings,
    QuestionCheckSettings,
    RefusalCheckSettings,
    RepetitionCheckSettings,
    TurnsCheckSettings,
)

__all__ = ["Judge", "make"]


def make(settings: Check, *, source: Language, target: Language, identifier: Identifier) -> Judge:
    """The check that settings ask for."""
    match settings:
        case TurnsCheckSettings():
            return TurnsCheck()
        case EmptyCheckSettings():
            return EmptyCheck()
        case PlaceholdersCheckSettings():
            return PlaceholdersCheck()
        case LengthRatioCheckSettings():
            return LengthRatioCheck(settings)
        case CopiedCheckSettings():
            return CopiedCheck(settings)
        case LanguageCheckSettings():
            return LanguageCheck(settings, target=target.code, identifier=identifier)
        case RefusalCheckSettings():
            return RefusalCheck(settings, source=source, target=target)
        case RepetitionCheckSettings():
            return RepetitionCheck(settings)
        case QuestionCheckSettings():
            return QuestionCheck(source=source, target=target)
    assert_never(settings)
