"""Trusted text is kept, junk is dropped, and no threshold is anybody's but the sample's."""

from __future__ import annotations

import json
import math
import random
import statistics
from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest

from junk import junk
from mintza.errors import BadInput
from mintza.text.known_words import core
from mintza.text.quality import MEASURES, Calibration, Meter, Taken, calibrate, limits, meter, tolerance, worst
from mintza.text.spelling import Spelling

HELP = Path(__file__).parents[3] / "shared" / "data" / "libreoffice_help_eu.jsonl"
DEMO = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"


def demo(language: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / language).rglob("*.txt"))]
    random.Random(1).shuffle(texts)
    return texts


def kept(calibration: Calibration, texts: Sequence[str]) -> float:
    allowed, measured = limits(calibration, slack=0.5), meter(calibration)
    return sum(worst(measured.take(text), allowed) is None for text in texts) / len(texts)


@pytest.mark.parametrize("language", ["eus_Latn", "eng_Latn", "spa_Latn"])
def test_the_half_that_calibration_did_not_see_is_kept_and_junk_of_the_same_words_is_not(language: str) -> None:
    texts = demo(language)
    calibration = (
        calibrate(texts[::2], language=language) if len(texts) > 40 else calibrate(texts[:24], language=language)
    )
    unseen = texts[1::2] if len(texts) > 40 else texts[24:]
    assert kept(calibration, unseen) >= 0.95
    for kind, pieces in junk(texts, seed=2).items():
        assert kept(calibration, pieces) <= 0.05, kind


@pytest.mark.parametrize(
    "letters",
    ["αβξδεφγηιζκλμνοπχρστυωψθυζ", "абцдефгхийклмнопярстувщъыз", "აბცდეფგჰიჯკლმნოპქრსტუვწხყზ"],
    ids=["Greek", "Cyrillic", "Georgian"],
)
def test_words_with_letters_of_two_scripts_are_dropped_in_any_script(letters: str) -> None:
    """A language in another script, made of Basque letter by letter."""
    latin = "abcdefghijklmnopqrstuvwxyz"
    texts = [text.translate(str.maketrans(latin + latin.upper(), letters * 2)) for text in demo("eus_Latn")]
    calibration = calibrate(texts[:40], language="eus_Latn")
    assert kept(calibration, texts[40:]) >= 0.95
    assert kept(calibration, junk(texts, seed=3)["mixed scripts"]) <= 0.05


@pytest.mark.skipif(not HELP.exists(), reason=f"{HELP} is not here")
def test_calibrated_on_half_of_a_manual_the_other_half_and_stories_are_kept_and_junk_is_not() -> None:
    pages = [json.loads(line)["text"] for line in HELP.read_text(encoding="utf-8").splitlines()]
    pages = [page for page in pages if len(page.split()) >= 10]
    random.Random(3).shuffle(pages)
    calibration = calibrate(pages[:400], language="eus_Latn")
    assert kept(calibration, pages[400:800]) >= 0.95
    assert kept(calibration, demo("eus_Latn")) >= 0.95
    for kind, pieces in {
        **junk(pages[:400], seed=4),
        **{f"{k} of stories": v for k, v in junk(demo("eus_Latn"), 5).items()},
    }.items():
        assert kept(calibration, pieces) <= 0.05, kind


@pytest.mark.skipif(not HELP.exists(), reason=f"{HELP} is not here")
def test_calibrated_on_a_few_stories_a_manual_is_kept_and_junk_of_its_words_is_not() -> None:
    pages = [json.loads(line)["text"] for line in HELP.read_text(encoding="utf-8").splitlines()]
    calibration = calibrate(demo("eus_Latn")[::2], language="eus_Latn")
    assert kept(calibration, pages) >= 0.95
    for texts in (pages[::5], demo("eus_Latn")):
        for kind, pieces in junk(texts, seed=6, each=60).items():
            assert kept(calibration, pieces) <= 0.05, kind


@pytest.mark.parametrize(("texts", "factor"), [(20, 3.295), (30, 3.064), (50, 2.862), (100, 2.684), (1000, 2.426)])
def test_the_tolerance_of_a_sample_is_that_of_published_tables(texts: int, factor: float) -> None:
    """One-sided normal tolerance factors for 99 % of the population with 95 % confidence, over the quantile itself."""
    assert tolerance(texts) == pytest.approx(factor / 2.326, rel=0.01)


@pytest.mark.parametrize("language", ["eng_Latn", "spa_Latn"])
def test_a_few_stories_do_not_forbid_the_lines_and_words_of_a_manual(language: str) -> None:
    """As a manual is written: short lines, few of a story's commonest words."""
    manual = [
        "\n".join(" ".join(text.split()[start : start + 7]) for start in range(0, len(text.split()), 7))
        for text in demo(language)[24:]
    ]
    assert kept(calibrate(demo(language)[:24], language=language), manual) == 1


@pytest.mark.skipif(not HELP.exists(), reason=f"{HELP} is not here")
@pytest.mark.parametrize("seed", [11, 12, 13])
def test_one_odd_page_among_few_lets_no_junk_through(seed: int) -> None:
    pages = [json.loads(line)["text"] for line in HELP.read_text(encoding="utf-8").splitlines()]
    pages = random.Random(seed).sample([page for page in pages if len(page.split()) >= 10], 432)
    odd = "\n".join(" ".join(page.split()[2:5]) for page in pages[:60])
    calibration = calibrate([odd, *pages[:31]], language="eus_Latn")
    assert kept(calibration, pages[32:]) >= 0.95
    for kind, pieces in junk(pages[32:], seed=seed).items():
        assert kept(calibration, pieces) <= 0.05, kind


@pytest.mark.parametrize(
    ("text", "in_a_row"),
    [
        ("kalea kalea kalea kalea", 4.0),
        ("eta eta eta eta", 1.0),
        ("kalea eta kalea eta", 2.0),
        ("kalea kalea. kalea kalea", 2.0),
        ("kalea eta kalea kalea kalea", (2 * 2 + 3 * 3) / 5),
        ("Kalea «kalea!» (eta) kalea?", (2 * 2 + 1 + 1) / 4),
    ],
)
def test_words_in_a_row_end_with_a_common_word_or_a_sentence(text: str, in_a_row: float) -> None:
    assert Meter(["eta"], Spelling({})).measures(text)["words_in_a_row"] == in_a_row


def test_a_share_of_words_is_never_allowed_to_be_nothing_that_it_hardly_ever_is() -> None:
    calibration = calibrate(demo("eus_Latn")[:24], language="eus_Latn")
    low, high = limits(calibration, slack=50)["function_words"]
    assert (low, high) == (calibration.percentiles["function_words"][0] / 2, math.inf)


def test_what_may_be_chance_in_a_few_words_is_none_in_many() -> None:
    allowed = {"function_words": (0.1, math.inf), "mean_word_length": (0.0, 8.0)}

    def found(words: int, **values: float) -> str | None:
        errors = {"mean_word_length": 3.0 / math.sqrt(words)}
        limit = worst(Taken({"mean_word_length": 6.0, **values}, words=words, ends=1, errors=errors), allowed)
        return limit.measure if limit else None

    assert found(20, function_words=0.0) is None
    assert found(200, function_words=0.0) == "function_words"
    assert found(20, function_words=0.0, mean_word_length=8.5) == "function_words"
    assert found(20, function_words=0.2, mean_word_length=8.5) is None
    assert found(200, function_words=0.2, mean_word_length=8.5) == "mean_word_length"


def test_a_short_text_without_an_end_may_be_a_sentence_that_nobody_ended() -> None:
    allowed = {"words_a_sentence": (-math.inf, 40.0), "function_words": (0.1, math.inf)}

    def goes(words: int, ends: int, common: float) -> bool:
        values = {"words_a_sentence": words / (ends or 0.5), "function_words": common}
        return worst(Taken(values, words=words, ends=ends, errors={}), allowed) is not None

    assert not goes(30, 0, 0.3)
    assert goes(30, 0, 0.05)
    assert goes(60, 0, 0.3)
    assert goes(90, 2, 0.3)


def test_a_calibration_is_the_same_in_any_order_and_comes_back_from_json() -> None:
    texts = demo("spa_Latn")
    calibration = calibrate(texts, language="spa_Latn")
    assert calibrate(texts[::-1], language="spa_Latn") == calibration
    assert msgspec.json.decode(msgspec.json.encode(calibration), type=Calibration) == calibration
    assert calibration.percentiles.keys() == MEASURES.keys()
    assert {"de", "la", "que"} <= set(calibration.function_words)


def test_too_small_a_sample_is_refused() -> None:
    with pytest.raises(BadInput, match="a trusted sample of 2 texts"):
        calibrate(["bat", "bi", "\n"], language="eus_Latn")


def test_measures_are_taken_on_words_between_white_space() -> None:
    measured = meter(calibrate(demo("eus_Latn"), language="eus_Latn"))
    values = measured.measures("Etxea handia da.\nEtxea handia da.\n12, 34 ■")
    assert values["mean_word_length"] == pytest.approx(34 / 9)
    assert values["alphabetic_words"] == pytest.approx(6 / 9)
    assert values["digit_share"] == pytest.approx(4 / 34)
    assert values["symbol_share"] == pytest.approx(1 / 34)
    assert values["function_words"] == pytest.approx(2 / 9)
    assert values["list_marks"] == pytest.approx(1 / 9)
    assert values["words_a_sentence"] == pytest.approx(9 / 2)
    assert values["words_a_line"] == pytest.approx(3)
    assert values["repeated_line_share"] == pytest.approx(16 / 40)
    assert all(value >= 0 for value in measured.measures("...").values())
    taken = measured.take("a bbb\nc")
    assert taken.errors["mean_word_length"] == pytest.approx(statistics.stdev([1, 3, 1]) / math.sqrt(3))
    assert taken.errors["words_a_line"] == pytest.approx(statistics.stdev([2, 1]) / math.sqrt(2))


def test_what_is_never_seen_is_no_symbol() -> None:
    of = Meter((), Spelling({}))
    assert of.measures("ជ្រើស\u200bអនុគមន៍\u200bមួយ של\u200fום می\u200cخواهم")["symbol_share"] == 0
    assert of.measures("a\u2588b")["symbol_share"] == pytest.approx(1 / 3)


def test_the_core_of_a_word_has_no_punctuation_at_its_ends() -> None:
    assert [core(word) for word in ("«Etxe-Koa»,", "(12)", "--", "ez")] == ["etxe-koa", "12", "", "ez"]


def test_spelling_that_was_never_seen_costs_more_and_probabilities_add_up_to_one() -> None:
    spelling = Spelling(Spelling.count(["etxea", "etxeko", "mendia", "mendiko"] * 3))
    assert spelling.bits("etxeko") < spelling.bits("koexte") < spelling.bits("xzqwyv")
    seen = {*"aeidkmnotx", "\x02"}
    total = sum(spelling.probability("et" + one) for one in seen)
    assert 0.9 < total <= 1


def test_a_greek_question_ends_in_a_semicolon_and_is_no_list() -> None:
    measured = meter(calibrate(demo("eus_Latn"), language="ell_Grek"))
    values = measured.measures("Τι είναι αυτό; Ποιος το λέει; bat; bi")
    assert values["words_a_sentence"] == pytest.approx(8 / 2)
    assert values["list_marks"] == pytest.approx(1 / 8)
