from __future__ import annotations

import hashlib
from collections.abc import Sequence

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fakes import ENGLISH, FakeIdentifier, conversation, split
from mintza import languages
from mintza.instruct.settings import (
    CopiedFilterSettings,
    Filter,
    FilterSettings,
    FinishedFilterSettings,
    LanguageFilterSettings,
    LengthFilterSettings,
    NearDuplicateFilterSettings,
    RefusalFilterSettings,
    RepetitionFilterSettings,
)
from mintza.instruct.stage import REVISIONS, filter_
from mintza.records import Conversation, Verdict
from mintza.text.identify import cascade

GOOD = conversation(
    "Why does bread rise in the oven?", "The yeast makes gas, which the heat then makes larger.", id="good"
)


def run(records: Sequence[Conversation], *filters: Filter) -> list[Conversation | Verdict]:
    chosen = FilterSettings(filters=filters) if filters else FilterSettings()
    return list(filter_(chosen, records, language=ENGLISH, identifier=FakeIdentifier(ENGLISH.code)))


def why(user: str, assistant: str, *filters: Filter, cut: str = "") -> str:
    """The reason why it is dropped, or ""."""
    _, dropped = split(run([conversation(user, assistant, cut=cut)], *filters))
    return dropped[0].reason if dropped else ""


def test_a_good_conversation_passes_all_filters_as_it_came() -> None:
    assert run([GOOD]) == [GOOD]


def test_a_turn_in_another_language_is_seen_whoever_says_it() -> None:
    other = "zz this is a longer text in no language at all"
    assert why(other, "Fine.", LanguageFilterSettings()) == "the user's turn is not in the language"
    assert why("Why?", other, LanguageFilterSettings()) == "the assistant's turn is not in the language"


def test_code_does_not_count_for_the_language() -> None:
    answer = "This is how it is done in the shell:\n\n```\nzz --all --of --it --and --very --much --more\n```"
    assert why("How is that done?", answer, LanguageFilterSettings()) == ""


def test_the_language_of_a_turn_with_few_letters_is_not_judged() -> None:
    assert why("zz?", "zz!", LanguageFilterSettings()) == ""


@pytest.mark.parametrize(
    ("user", "assistant", "reason"),
    [
        ("Hi.", "Hello there.", "the user's turn is too short"),
        ("x" * 51, "Hello there.", "the user's turn is too long"),
        ("Say hello.", "H", "the assistant's turn is too short"),
        ("Say hello.", "x" * 61, "the assistant's turn is too long"),
        ("x" * 50, "x" * 60, ""),
    ],
)
def test_turns_have_a_shortest_and_a_longest_length(user: str, assistant: str, reason: str) -> None:
    limits = LengthFilterSettings(user_min=5, user_max=50, assistant_min=2, assistant_max=60)
    assert why(user, assistant, limits) == reason


@pytest.mark.parametrize(
    "end", ["It is done.", "Is it?", "He said “no”", "This is **all.**", "See:\n```\nx = 1\n```", "So.  \n"]
)
def test_an_answer_that_ends_as_a_sentence_or_in_code_is_finished(end: str) -> None:
    assert why("Tell me.", end, FinishedFilterSettings()) == ""


@pytest.mark.parametrize("end", ["It is done and", "First,", "1. One\n2. Two"])
def test_an_answer_that_ends_otherwise_is_not(end: str) -> None:
    assert why("Tell me.", end, FinishedFilterSettings()) == "the answer does not end as a sentence does"


def test_a_turn_that_was_cut_is_not_finished_though_it_ends_in_a_full_stop() -> None:
    assert (
        why("Tell me.", "It is.", FinishedFilterSettings(), cut="assistant")
        == "the assistant's turn was cut at max_tokens"
    )
    assert why("Tell me.", "It is.", FinishedFilterSettings(), cut="user") == "the user's turn was cut at max_tokens"


def test_an_instruction_that_announces_something_is_not_finished() -> None:
    assert why("Translate this:", "It is.", FinishedFilterSettings()) == "the instruction ends in a colon"


def test_a_turn_that_goes_round_in_circles_is_dropped() -> None:
    round_and_round = "the Statue of the Mona Lisa in the town of Rome, " * 9
    assert why("Which ones?", round_and_round, RepetitionFilterSettings()) == "the assistant's turn repeats itself"


def test_an_answer_that_is_in_the_instruction_is_dropped() -> None:
    asked = "We had 200 stories. We should mention whether the data was viable."
    assert why(asked, "We should mention whether the DATA was viable!", CopiedFilterSettings()) == (
        "the answer stands in the instruction"
    )


def test_an_answer_that_is_made_of_the_instruction_is_dropped() -> None:
    asked = "the company that makes wooden boats for the northern sea should have a budget of its own"
    answered = "Yes, the company that makes wooden boats for the northern sea should have a budget of its own."
    assert why(asked, answered, CopiedFilterSettings()) == "the answer copies the instruction"


def test_the_one_of_two_that_the_instruction_names_is_an_answer() -> None:
    assert why("Which is larger, the Moon or the Earth?", "The Earth.", CopiedFilterSettings()) == ""


@pytest.mark.parametrize("said", ["I can't help with that.", "I can’t help with it", "Well, AS AN\nAI I may not."])
def test_a_refusal_is_found_in_any_case_and_with_any_apostrophe(said: str) -> None:
    assert why("Tell me how.", said, RefusalFilterSettings()) == "the answer refuses"


def test_a_user_may_say_what_an_assistant_may_not() -> None:
    assert why("Why does it say 'I can't help with that'?", "It was told so.", RefusalFilterSettings()) == ""


def test_a_model_that_names_itself_is_found_by_the_languages_phrases_and_by_the_studys() -> None:
    assert why("Who is it?", "I am FakeBot.", RefusalFilterSettings()) == "the model names itself"
    assert why("Who is it?", "I am Smol.", RefusalFilterSettings(phrases=("i am smol",))) == "the model names itself"


def test_of_instructions_that_are_nearly_the_same_the_first_is_kept() -> None:
    asked = "Could you please tell me how I bake a large loaf of dark bread at home?"
    records = [
        conversation(asked, "So.", id="a"),
        conversation("Something else entirely, please.", "So.", id="b"),
        conversation(asked.upper(), "Or so.", id="c"),
    ]
    made, dropped = split(run(records, NearDuplicateFilterSettings()))
    assert [c.id for c in made] == ["a", "b"]
    assert [(v.record_id, v.reason) for v in dropped] == [("c", "an earlier instruction is nearly the same")]


def test_near_duplicates_are_found_in_a_script_that_is_not_latin() -> None:
    asked = "როგორ გამოვაცხო სახლში დიდი შავი პური, თუ შეიძლება მითხარი"
    made, _ = split(
        run([conversation(asked, "a.", id="a"), conversation(asked + "?", "b.", id="b")], NearDuplicateFilterSettings())
    )
    assert [c.id for c in made] == ["a"]


def test_the_first_filter_that_drops_says_why_and_the_order_is_the_written_one() -> None:
    bad = conversation("Hi:", "zz this is a longer text in no language at all and it is cut", cut="assistant")
    one = run([bad], FinishedFilterSettings(), LanguageFilterSettings())
    other = run([bad], LanguageFilterSettings(), FinishedFilterSettings())
    assert [r.step for r in one if isinstance(r, Verdict)] == ["finished"]
    assert [r.step for r in other if isinstance(r, Verdict)] == ["language"]


def test_a_dropped_conversation_does_not_make_a_later_one_a_duplicate() -> None:
    asked = "Could you please tell me how I bake a large loaf of dark bread at home?"
    records = [conversation(asked, "It was cut", id="a", cut="assistant"), conversation(asked, "So.", id="b")]
    made, _ = split(run(records, FinishedFilterSettings(), NearDuplicateFilterSettings()))
    assert [c.id for c in made] == ["b"]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=80)


@given(st.lists(st.tuples(words, words), max_size=6))
@settings(max_examples=60, deadline=None)
def test_every_conversation_comes_out_once_kept_or_dropped_whatever_it_says(said: list[tuple[str, str]]) -> None:
    records = [conversation(user, assistant, id=f"c-{n}") for n, (user, assistant) in enumerate(said)]
    made, dropped = split(run(records))
    assert sorted([c.id for c in made] + [v.record_id for v in dropped]) == sorted(c.id for c in records)
    assert all(not v.kept and v.unit == "conversation" for v in dropped)


def test_the_real_identifier_tells_english_from_basque() -> None:
    english, basque = languages.load("eng_Latn"), languages.load("eus_Latn")
    records = [
        GOOD,
        conversation(
            "Zergatik hazten da ogia labean?",
            "Legamiak gasa sortzen duelako, eta beroak handitu egiten duelako.",
            id="eus",
        ),
    ]
    chosen = FilterSettings(filters=(LanguageFilterSettings(),))
    made, dropped = split(filter_(chosen, records, language=english, identifier=cascade((english, basque))))
    assert ([c.id for c in made], [v.record_id for v in dropped]) == (["good"], ["eus"])


GOLDEN = ("b098b4330531af3b", 3)


def test_the_bytes_of_filtering_change_only_with_its_revision() -> None:
    records = [
        GOOD,
        conversation("Say this:", "No.", id="a"),
        conversation("Say more, please.", "zz this is a longer text in no language.", id="b"),
        conversation("Why does bread rise in the oven???", "It does.", id="c"),
        conversation("Can you do it?", "As an AI I can not.", id="d"),
    ]
    content = b"\n".join(msgspec.json.encode(record) for record in run(records))
    found = (hashlib.sha256(content).hexdigest()[:16], REVISIONS["filter"])
    assert found == GOLDEN, "the bytes changed: raise REVISIONS['filter'] and write the new digest here"
