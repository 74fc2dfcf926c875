"""How near a translation comes to what the checks drop: above 1 is what they drop, by the checks themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.languages import load
from mintza.records import Conversation, Message, Provenance
from mintza.text.identify import cascade
from mintza.translate import checks
from mintza.translate.margins import margins
from mintza.translate.settings import (
    Check,
    CheckSettings,
    CopiedCheckSettings,
    LanguageCheckSettings,
    LengthRatioCheckSettings,
    RepetitionCheckSettings,
)

SOURCE, TARGET = load("eng_Latn"), load("eus_Latn")
IDENTIFIER = cascade((TARGET, SOURCE))
ENGLISH = "The children play in the street until it gets dark and their mothers call them."
BASQUE = "Haurrek kalean jolasten dute ilundu arte, eta orduan amek etxera deitzen diete."
TEXTS = st.lists(st.sampled_from((ENGLISH, BASQUE, "bai bai bai", "x", "Bilbo eta Gasteiz")), min_size=1, max_size=6)


def talk(text: str) -> Conversation:
    of = Provenance(source="tests", license="CC0-1.0")
    return Conversation(
        id="t", language="x", component="t", messages=(Message(role="user", content=text),), provenance=of
    )


def doubt(check: Check, theirs: str, ours: str) -> float | None:
    found = margins(CheckSettings(checks=(check,)), talk(theirs), talk(ours), target=TARGET.code, identifier=IDENTIFIER)
    return found[0].doubt if found else None


@pytest.mark.parametrize(("length", "expected"), [(100, 0.0), (200, 1.0), (50, 1.0), (400, 2.0), (10000, 2.0)])
def test_twice_and_half_as_long_are_equally_far(length: int, expected: float) -> None:
    check = LengthRatioCheckSettings(min_ratio=0.5, max_ratio=2.0)
    assert doubt(check, "a" * 100, "b" * length) == pytest.approx(expected)


def test_a_good_translation_leaves_little_doubt_and_a_copy_much() -> None:
    for check in (CopiedCheckSettings(), LanguageCheckSettings()):
        good, copy = doubt(check, ENGLISH, BASQUE), doubt(check, ENGLISH, ENGLISH)
        assert good is not None
        assert copy is not None
        assert good < 0.5 < 1 < copy


def test_a_check_that_only_says_yes_or_no_has_no_margin() -> None:
    kinds = [
        one.check for one in margins(CheckSettings(), talk(ENGLISH), talk(BASQUE), target="x", identifier=IDENTIFIER)
    ]
    assert kinds == ["copied", "language", "length_ratio", "repetition"]


@settings(deadline=None)
@given(theirs=TEXTS, ours=TEXTS)
def test_above_one_is_what_the_check_drops(theirs: list[str], ours: list[str]) -> None:
    original, translated = talk(" ".join(theirs)), talk(" ".join(ours))
    chosen: tuple[Check, ...] = (
        LengthRatioCheckSettings(),
        LanguageCheckSettings(),
        RepetitionCheckSettings(),
    )
    for check in chosen:
        judge = checks.make(check, source=SOURCE, target=TARGET, identifier=IDENTIFIER)
        dropped = judge.judge(original, translated) is not None
        found = doubt(check, original.messages[0].content, translated.messages[0].content)
        assert dropped == (found is not None and found > 1 + 1e-12), check.kind
