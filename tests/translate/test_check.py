from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import BASQUE, ENGLISH, FakeIdentifier, split
from mintza import languages
from mintza.records import Conversation, Verdict
from mintza.text.identify import cascade
from mintza.translate.checks.copied import copied_share
from mintza.translate.settings import (
    Check,
    CheckSettings,
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
from mintza.translate.stage import REVISIONS, check
from translate.fake_translator import conversation, translation

ASKED, SAID = "Why does bread rise in the hot oven?", "The yeast makes gas, and the heat makes it larger."
ORIGINAL = conversation(ASKED, SAID, id="e-1")
GOOD = translation(
    ORIGINAL, "Zergatik hazten da ogia labe beroan?", "Legamiak gasa sortzen du, eta beroak handitu egiten du."
)


def run(
    originals: Sequence[Conversation], translated: Sequence[Conversation], *checks: Check
) -> list[Conversation | Verdict]:
    chosen = CheckSettings(checks=checks) if checks else CheckSettings()
    return list(
        check(chosen, originals, translated, source=ENGLISH, target=BASQUE, identifier=FakeIdentifier(BASQUE.code))
    )


def why(original: tuple[str, ...], translated: tuple[str, ...], *checks: Check) -> str:
    """The reason why it is dropped, or ""."""
    one = conversation(*original)
    _, dropped = split(run([one], [translation(one, *translated)], *checks))
    return dropped[0].reason if dropped else ""


def test_a_good_translation_passes_all_checks_as_it_came() -> None:
    assert run([ORIGINAL], [GOOD]) == [GOOD]


@pytest.mark.parametrize("translated", [("Zer?",), ("Zer?", "Hau.", "Eta?"), ()])
def test_other_turns_than_the_originals_are_dropped(translated: tuple[str, ...]) -> None:
    assert why(("What?", "This."), translated, TurnsCheckSettings()) == "other turns than the original"


def test_a_turn_that_says_nothing_is_dropped_where_the_original_says_something() -> None:
    assert why(("What?", "This."), ("Zer?", " … "), EmptyCheckSettings()) == "the assistant's turn is empty"
    assert why(("?!", "This."), ("?", "Hau."), EmptyCheckSettings()) == ""


@pytest.mark.parametrize(
    ("original", "translated", "dropped"),
    [
        ("In 1936 it cost 5.", "1936an 5 balio zuen.", False),
        ("In 1936 it cost 5.", "5 balio zuen 1936an.", False),
        ("In 1936 it cost 5.", "1963an 5 balio zuen.", True),
        ("In 1936 it cost 5.", "1936an 5 eta 5 balio zuen.", True),
        ("See https://a.org/x now.", "Ikusi https://a.org/y orain.", True),
        ("Write {name} here.", "Idatzi {izena} hemen.", True),
        ("Run `ls -l` now.", "Exekutatu `ls -l` orain.", False),
    ],
)
def test_numbers_links_and_code_are_those_of_the_original(original: str, translated: str, dropped: bool) -> None:
    reason = why((original, "So."), (translated, "Bada."), PlaceholdersCheckSettings())
    assert reason == ("numbers, links or code changed" if dropped else "")


def test_a_turn_that_is_the_original_again_is_dropped() -> None:
    assert (
        why((ASKED, SAID), ("Zergatik?", SAID), CopiedCheckSettings()) == "the assistant's turn is the original again"
    )
    assert (
        why((ASKED, SAID), (ASKED.upper(), "Bada."), CopiedCheckSettings()) == "the user's turn is the original again"
    )


def test_code_that_is_the_same_is_no_copy() -> None:
    code = "\n```\nfor number in range(ten): show(number, and, all, the, rest, of, it)\n```"
    original = ("How do I count?", "This is how you count up:" + code)
    assert why(original, ("Nola zenbatu?", "Honela zenbatzen da gora:" + code), CopiedCheckSettings()) == ""


def test_a_name_may_be_the_same() -> None:
    assert why(("Who found it?", "Marie Curie."), ("Nork aurkitu zuen?", "Marie Curie."), CopiedCheckSettings()) == ""


def test_copying_is_seen_in_a_script_that_sets_no_spaces() -> None:
    assert copied_share("今日は天気がいいので散歩に行きましょう", "今日は天気がいいので散歩に行きましょう") == 1.0
    assert copied_share("今日は天気がいいので散歩に行きましょう", "Gaur eguraldi ona dago eta goazen ibiltzera") == 0.0


def test_a_turn_in_another_language_is_dropped() -> None:
    other = "zz this text is in no language at all"
    assert (
        why((ASKED, SAID), ("Zergatik?", other), LanguageCheckSettings())
        == "the assistant's turn is not in the language"
    )


def test_a_turn_far_longer_or_shorter_than_the_original_is_dropped() -> None:
    limits = LengthRatioCheckSettings()
    assert why((ASKED, SAID), ("Zer?", SAID), limits) == "far shorter than the original"
    assert why((ASKED, SAID), (ASKED, SAID * 3), limits) == "far longer than the original"
    assert why(("Yes?", "No."), ("Baietz esan nahi al duzu?", "Ez."), limits) == ""


@pytest.mark.parametrize(
    "said", ["I can’t help with this.", "Ezin dizut\nlagundu.", "FAKEBOT naiz.", "Here is the translation"]
)
def test_a_translator_that_speaks_of_itself_is_found_in_both_languages(said: str) -> None:
    phrases = RefusalCheckSettings(phrases=("here is the translation",))
    assert why((ASKED, SAID), ("Zergatik?", said), phrases) == "the translator speaks of itself"


def test_a_refusal_of_the_original_is_translated_rightly() -> None:
    refused = (ASKED, "I can't help with that.")
    assert why(refused, ("Zergatik?", "Ezin dizut lagundu horretan."), RefusalCheckSettings()) == ""


def test_a_turn_that_goes_round_in_circles_is_dropped() -> None:
    assert why((ASKED, SAID), ("Zergatik?", "eta gero eta gehiago, " * 12), RepetitionCheckSettings()) == (
        "the assistant's turn repeats itself"
    )


@pytest.mark.parametrize(
    ("asked", "said", "reason"),
    [
        ("What is the capital of Portugal?", "Portugalgo hiriburua Lisboa da.", "the user's question is none any more"),
        ("What is the capital of Portugal?", "Zein da Portugalgo hiriburua?", ""),
        ('He asked "why?" **', "Esan zuen.", "the user's question is none any more"),
        ("Is it so? Say yes.", "Hala den esan.", ""),
        ("Why?", "لماذا؟", ""),
        ("Why?", "为什么？", ""),
    ],
)
def test_a_question_that_was_answered_instead_of_translated_is_dropped(asked: str, said: str, reason: str) -> None:
    assert why((asked, SAID), (said, "Hala da."), QuestionCheckSettings()) == reason


@pytest.mark.parametrize(
    ("code", "said", "kept"), [("ell_Grek", "Γιατί;", 1), ("tha_Thai", "ทำไม", 1), ("eus_Latn", "a;", 0)]
)
def test_each_script_has_its_own_question_mark_or_none(code: str, said: str, kept: int) -> None:
    target = msgspec.structs.replace(BASQUE, code=code)
    one = conversation("Why?", "So.")
    chosen = CheckSettings(checks=(QuestionCheckSettings(),))
    who = FakeIdentifier(code)
    made, _ = split(check(chosen, [one], [translation(one, said, "a")], source=ENGLISH, target=target, identifier=who))
    assert len(made) == kept


def test_the_excerpt_shows_the_turn_that_was_judged() -> None:
    _, dropped = split(run([ORIGINAL], [translation(ORIGINAL, "Zergatik?", SAID)]))
    assert dropped[0].excerpt == SAID
    assert (dropped[0].value, dropped[0].threshold) == (1.0, 0.5)


def test_translations_find_their_originals_though_some_have_none() -> None:
    originals = [conversation("What is it?", "This.", id=f"e-{n}") for n in range(6)]
    translated = [translation(originals[n], "Zer da hau?", "Hau.") for n in (1, 4, 2)]
    assert run(originals, translated) == translated


def test_a_translation_of_nothing_is_dropped() -> None:
    _, dropped = split(run([], [GOOD]))
    assert [v.reason for v in dropped] == ["its original is not there"]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)


@given(st.lists(words, min_size=2, max_size=4), st.lists(words, max_size=4))
@settings(max_examples=80, deadline=None)
def test_every_translation_comes_out_once_whatever_it_says(said: list[str], translated: list[str]) -> None:
    original = conversation(*said)
    assert len(run([original], [translation(original, *translated)])) == 1


@given(words, words)
@settings(max_examples=80, deadline=None)
def test_the_copied_share_is_a_share_and_whole_for_the_same_text(one: str, other: str) -> None:
    assert 0 <= copied_share(one, other) <= 1
    assert copied_share(one, one) in (0.0, 1.0)


def test_the_real_identifier_passes_basque_and_drops_english() -> None:
    english, basque = languages.load("eng_Latn"), languages.load("eus_Latn")
    again = translation(
        ORIGINAL, "Why would bread ever rise when it is hot?", "Because yeast is a thing that makes gas."
    )
    chosen = CheckSettings(checks=(LanguageCheckSettings(),))
    for translated, kept in ((GOOD, 1), (again, 0)):
        made, _ = split(
            check(
                chosen, [ORIGINAL], [translated], source=english, target=basque, identifier=cascade((basque, english))
            )
        )
        assert len(made) == kept


GOLDEN = ("707c4718085f4693", 3)


def test_the_bytes_of_checking_change_only_with_its_revision() -> None:
    translated = [
        GOOD,
        translation(ORIGINAL, ASKED, SAID),
        translation(ORIGINAL, "Zer?", "5"),
        translation(ORIGINAL, "Zer?"),
    ]
    records = [record for one in translated for record in run([ORIGINAL], [one])]
    content = b"\n".join(msgspec.json.encode(record) for record in records)
    found = (hashlib.sha256(content).hexdigest()[:16], REVISIONS["check"])
    assert found == GOLDEN, "the bytes changed: raise REVISIONS['check'] and write the new digest here"
