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

from mintza.errors import BadInput
from mintza.text.quality import MEASURES, Calibration, Taken, calibrate, core, limits, meter, worst
from mintza.text.spelling import Spelling

HELP = Path(__file__).parents[3] / "shared" / "data" / "libreoffice_help_eu.jsonl"
DEMO = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"
CYRILLIC = str.maketrans("aeopcxyikt", "аеорсхуікт")


def demo(language: str) -> list[str]:
    texts = [path.read_text(encoding="utf-8") for path in sorted((DEMO / language).rglob("*.txt"))]
    random.Random(1).shuffle(texts)
    return texts


def junk(texts: Sequence[str], seed: int, each: int = 20) -> dict[str, list[str]]:
    """What the web has instead of text, made of the words and sentences of real ones."""
    luck = random.Random(seed)
    vocabulary = sorted({word.strip('.,;:!?()"') for text in texts for word in text.split() if len(word) > 3})
    sentences = [
        one.strip() for text in texts for one in text.replace("\n", " ").split(". ") if 5 < len(one.split()) < 25
    ]
    long = [text for text in texts if len(text.split()) > 30]

    def some(count: int) -> list[str]:
        return [luck.choice(vocabulary) for _ in range(count)]

    def shuffled(word: str) -> str:
        return "".join(luck.sample(word, len(word)))

    def disguised(word: str) -> str:
        return "".join(one.translate(CYRILLIC) if luck.random() < 0.4 else one for one in word)

    def looped(sentence: str) -> str:
        return sentence + ". " + " ".join([" ".join(sentence.split()[: luck.randint(2, 4)])] * luck.randint(15, 50))

    return {
        "menus": [
            "\n".join(" ".join(some(luck.randint(1, 3))) for _ in range(luck.randint(15, 60))) for _ in range(each)
        ],
        "bars": [" | ".join(" ".join(some(2)) for _ in range(luck.randint(15, 40))) for _ in range(each)],
        "keywords": [", ".join(some(luck.randint(30, 150))) for _ in range(each)],
        "keywords without commas": [" ".join(some(luck.randint(40, 150))) for _ in range(each)],
        "shuffled letters": [" ".join(map(shuffled, luck.choice(long).split())) for _ in range(each)],
        "mixed scripts": [" ".join(map(disguised, luck.choice(long).split())) for _ in range(each)],
        "one sentence": ["\n".join([luck.choice(sentences) + "."] * luck.randint(8, 30)) for _ in range(each)],
        "a template": [
            " ".join(f"{sentence} {luck.choice(vocabulary)} {number}." for number in range(luck.randint(8, 30)))
            for sentence in luck.sample(sentences, each)
        ],
        "a loop": [looped(sentence) for sentence in luck.sample(sentences, each)],
    }


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
