"""The language of a text: likely languages only, by paragraph, and never where there is no letter."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.errors import StudyError
from mintza.records import Language
from mintza.text.identify import cascade, knows, second, share_of_language

DATA = Path(__file__).parents[3] / "shared" / "data" / "lid_libreoffice.jsonl"
BASQUE = "Atzo arratsaldean mendira joan ginen lagunekin, eta iluntzean etxera itzuli ginen nekatuta."
SPANISH = "Ayer por la tarde fuimos al monte con los amigos y volvimos a casa muy cansados."
RUSSIAN = "Вчера днём мы пошли в горы с друзьями и вернулись домой усталыми."

Languages = tuple[Language, ...]


@pytest.mark.skipif(not DATA.exists(), reason=f"{DATA.name} is not beside the checkout")
@pytest.mark.parametrize("make", [cascade, second])
def test_basque_sentences_are_found_and_others_not_taken_for_it(make: object, likely: Languages) -> None:
    identifier = cascade(likely) if make is cascade else second(likely)
    rows = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
    basque = [row["lang"] == "eu" for row in rows]
    said = [identifier.identify(row["text"]).language == "eus_Latn" for row in rows]
    found = sum(one for one, right in zip(said, basque, strict=True) if right)
    mistaken = sum(one for one, right in zip(said, basque, strict=True) if not right)
    assert found / sum(basque) >= 0.99
    assert mistaken / (len(rows) - sum(basque)) <= 0.005


def test_the_surer_identifier_is_named_beside_its_answer(likely: Languages) -> None:
    identified = cascade(likely).identify(BASQUE)
    assert identified.language == "eus_Latn"
    assert identified.backend == "pycld2"
    assert identified.score > 0.9
    assert second(likely).identify(BASQUE).backend == "py3langid"


def test_a_language_that_is_not_likely_is_unknown(likely: Languages) -> None:
    assert cascade(likely[:2]).identify("Der Hund schläft den ganzen Tag unter dem alten Tisch.").language == "und"


def test_text_in_another_script_is_none_of_the_likely_languages(likely: Languages) -> None:
    assert cascade(likely).identify(RUSSIAN).language == "und"
    assert second(likely).identify(RUSSIAN).language == "und"


def test_two_scripts_of_one_language_are_told_apart(serbian: Languages) -> None:
    identifier = second(serbian)
    assert identifier.identify("Јуче смо ишли на планину са пријатељима.").language == "srp_Cyrl"
    assert identifier.identify("Juče smo išli na planinu sa prijateljima i kasno se vratili.").language in {
        "srp_Latn",
        "und",
    }


@pytest.mark.parametrize("text", ["", "   ", "12:30", "— 5 % …", "🙂🙂"])
def test_text_without_letters_is_unknown(text: str, likely: Languages) -> None:
    assert cascade(likely).identify(text).language == "und"
    assert second(likely).identify(text).language == "und"


@settings(max_examples=60, deadline=None)
@given(text=st.text(alphabet=st.characters(), max_size=80))
def test_no_text_breaks_an_identifier(text: str, likely: Languages) -> None:
    for identifier in (cascade(likely), second(likely)):
        identified = identifier.identify(text)
        assert 0 <= identified.score <= 1
        assert 0 <= share_of_language(text, "eus_Latn", identifier) <= 1


def test_a_language_that_nobody_knows_is_refused_by_name(likely: Languages, unknown: Language) -> None:
    assert knows(unknown) == ()
    assert knows(likely[0]) == ("pycld2", "py3langid")
    with pytest.raises(StudyError, match="no identifier knows xyz_Latn"):
        cascade((*likely, unknown))
    with pytest.raises(StudyError, match="none of the languages"):
        second((unknown,))


def test_the_share_counts_letters_by_paragraph_and_leaves_code_out(likely: Languages) -> None:
    identifier = cascade(likely)
    assert share_of_language(f"{BASQUE}\n\n12 + 5", "eus_Latn", identifier) == 1
    half = share_of_language(f"{BASQUE}\n\n{SPANISH}", "eus_Latn", identifier)
    assert 0.4 < half < 0.65
    code = "```python\nfor line in lines: print(line, file=sys.stderr)\n```"
    assert share_of_language(f"{BASQUE}\n\n{code}", "eus_Latn", identifier) == 1
    assert share_of_language("", "eus_Latn", identifier) == 0
