"""How near a translation comes to what the checks would drop: for whoever can read only some of them."""

from __future__ import annotations

from collections.abc import Iterable
from math import log
from typing import NamedTuple

from mintza.records import Conversation, Message
from mintza.text.identify import Identifier, share_of_language
from mintza.text.masks import without_code
from mintza.text.normal import letters, words
from mintza.text.repetition import repeated_share
from mintza.translate.checks.copied import copied_share
from mintza.translate.checks.shapes import pairs
from mintza.translate.settings import (
    Check,
    CheckSettings,
    CopiedCheckSettings,
    LanguageCheckSettings,
    LengthRatioCheckSettings,
    RepetitionCheckSettings,
)


class Margin(NamedTuple):
    """What a check measured. turn: the worst, from 0.  doubt: 0 far from the threshold, 1 on it, above 1 beyond it, 2 at most."""

    check: str
    turn: int
    value: float
    threshold: float
    doubt: float


def margins(
    settings: CheckSettings, original: Conversation, translated: Conversation, *, target: str, identifier: Identifier
) -> list[Margin]:
    """The worst turn by each check that measures, in the order of the settings; checks that only say yes or no have none.

    target: code of the language that it was translated to.
    """
    both = list(pairs(original, translated))
    found = (_worst(_of_turns(check, both, target, identifier)) for check in settings.checks)
    return [margin for margin in found if margin is not None]


def _worst(turns: Iterable[Margin]) -> Margin | None:
    return max(turns, key=lambda margin: margin.doubt, default=None)


def _of_turns(
    check: Check, both: list[tuple[Message, Message]], target: str, identifier: Identifier
) -> Iterable[Margin]:
    match check:
        case LengthRatioCheckSettings():
            return _lengths(check, both)
        case CopiedCheckSettings():
            return [
                _share("copied", turn, copied_share(theirs.content, ours.content), check.max_share)
                for turn, (theirs, ours) in enumerate(both)
                if len(words(theirs.content)) >= check.min_words
            ]
        case RepetitionCheckSettings():
            return [
                _share("repetition", turn, repeated_share(ours.content), check.max_share)
                for turn, (_, ours) in enumerate(both)
            ]
        case LanguageCheckSettings():
            return _languages(check, both, target, identifier)
        case _:
            return ()


def _lengths(check: LengthRatioCheckSettings, both: list[tuple[Message, Message]]) -> Iterable[Margin]:
    """On a scale on which twice and half as long are equally far; in the middle between the limits there is no doubt."""
    least, most = log(check.min_ratio), log(check.max_ratio)
    middle, half = (least + most) / 2, (most - least) / 2
    for turn, (theirs, ours) in enumerate(both):
        if len(theirs.content) >= check.min_characters and ours.content:
            ratio = len(ours.content) / len(theirs.content)
            limit = check.min_ratio if log(ratio) < middle else check.max_ratio
            yield Margin("length_ratio", turn, ratio, limit, min(2.0, abs(log(ratio) - middle) / half))


def _languages(
    check: LanguageCheckSettings, both: list[tuple[Message, Message]], target: str, identifier: Identifier
) -> Iterable[Margin]:
    for turn, (_, ours) in enumerate(both):
        if letters(without_code(ours.content)) < check.min_letters:
            continue
        share = share_of_language(ours.content, target, identifier)
        doubt = (1 - share) / (1 - check.min_share) if check.min_share < 1 else 2.0 * (share < 1)
        yield Margin("language", turn, share, check.min_share, min(2.0, doubt))


def _share(check: str, turn: int, share: float, most: float) -> Margin:
    return Margin(check, turn, share, most, min(2.0, share / most if most else 2.0 * (share > 0)))
