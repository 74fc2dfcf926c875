"""An identifier learned from some hundred sentences: it finds its language, and knows what it has never seen."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mintza.errors import BadInput
from mintza.text.fitting import fit, sentences
from mintza.text.identifier_files import read_fitted, write_fitted
from mintza.text.ngrams import Fitted, NgramModel, count_of_runs, reduced, runs

DEMO = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"
DATA = Path(__file__).parents[3] / "shared" / "data"
GERMAN = [
    "Der Hund schläft den ganzen Tag unter dem alten Tisch.",
    "Gestern sind wir mit Freunden auf den Berg gestiegen und müde zurückgekehrt.",
    "Die Bibliothek bleibt während der Prüfungen bis acht Uhr geöffnet.",
]
FINNISH = [
    "Koira nukkuu koko päivän vanhan pöydän alla.",
    "Eilen kiipesimme ystävien kanssa vuorelle ja palasimme väsyneinä kotiin.",
    "Kirjasto on avoinna kello kahdeksaan asti tenttien aikana.",
]


def demo(code: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((DEMO / code).rglob("*.txt"))]


@pytest.fixture(scope="module")
def fitted() -> Fitted:
    return fit("eus_Latn", {code: demo(code) for code in ("eus_Latn", "eng_Latn", "spa_Latn")})


@pytest.fixture(scope="module")
def model(fitted: Fitted) -> NgramModel:
    return NgramModel(fitted)


def windows(form: str) -> Iterator[str]:
    for length in range(1, 6):
        yield from (form[start : start + length] for start in range(len(form) - length + 1))


def test_it_tells_what_it_learned(model: NgramModel) -> None:
    assert model.guess("Ekaitza hasi orduko artzainak ardiak etxera ekarri zituen.")[0] == "eus_Latn"
    assert model.guess("The shepherd brought the sheep home before the storm began.")[0] == "eng_Latn"
    assert model.guess("El pastor llevó las ovejas a casa antes de la tormenta.")[0] == "spa_Latn"


def test_languages_that_it_never_saw_are_not_taken_for_its_own(model: NgramModel) -> None:
    said = [model.guess(text) for text in (*GERMAN, *FINNISH)]
    assert all(language != "eus_Latn" for language, _ in said)
    assert sum(language is None for language, _ in said) >= 5
    assert all(score == pytest.approx(0.995) for language, score in said if language is None)


@pytest.mark.parametrize("text", ["", "12 + 5", "'- '", "🙂🙂"])
def test_text_without_letters_is_in_no_language(text: str, model: NgramModel) -> None:
    assert model.guess(text) == (None, 0.0)


@settings(max_examples=80, deadline=None)
@given(text=st.text(max_size=60))
def test_no_text_breaks_it(text: str, model: NgramModel) -> None:
    language, score = model.guess(text)
    assert language in (*model.languages, None)
    assert 0 <= score <= 1


@settings(max_examples=80, deadline=None)
@given(text=st.text(alphabet="abñ 'ж", min_size=1, max_size=30))
def test_the_same_run_has_the_same_hash_wherever_it_stands(text: str) -> None:
    hashed = runs(text, bits=24).tolist()
    every = list(windows(text))
    assert len(hashed) == count_of_runs(len(text)) == len(every)
    named = dict(zip(every, hashed, strict=True))
    assert Counter(named[one] for one in every) == Counter(hashed)
    assert len(set(named.values())) >= 0.98 * len(named) - 1


def test_case_and_signs_do_not_count_and_marks_do() -> None:
    assert reduced("Kaixo, MUNDUA! 12") == " kaixo mundua "
    assert reduced("ano") != reduced("año")


def test_what_is_never_seen_does_not_count() -> None:
    assert reduced("ជ្រើស\u200bអនុគមន៍\u200b") == reduced("ជ្រើសអនុគមន៍")
    assert reduced("של\u200fום") == reduced("שלום")
    assert reduced("می\u200cخواهم") == reduced("می خواهم")


def test_the_order_of_the_texts_and_repeated_sentences_change_nothing(fitted: Fitted) -> None:
    texts = {code: demo(code) for code in ("spa_Latn", "eus_Latn", "eng_Latn")}
    shuffled = {code: random.Random(4).sample(one, len(one)) + one[:3] for code, one in texts.items()}
    assert fit("eus_Latn", shuffled) == fitted


def test_the_report_counts_every_held_out_sentence(fitted: Fitted) -> None:
    report = fitted.report
    assert {code: sum(counts.values()) for code, counts in report.confusions.items()} == report.held_out
    assert report.recall >= 0.97
    assert report.precision >= 0.97
    assert report.learned["eus_Latn"] >= 4 * report.held_out["eus_Latn"] - 4


def test_weights_are_probabilities_of_runs(fitted: Fitted) -> None:
    table = np.frombuffer(fitted.weights, "<f2").reshape(-1, 3).astype(np.float64)
    assert np.exp(table).sum(axis=0) == pytest.approx([1, 1, 1], rel=0.01)


def test_too_few_sentences_are_refused_by_number() -> None:
    with pytest.raises(BadInput, match="2 different sentences in xyz_Latn are too few"):
        fit("xyz_Latn", {"xyz_Latn": GERMAN[:2]})


def test_sentences_end_at_stops_and_lines_and_short_ones_are_left_out() -> None:
    found = list(sentences(["Bat bi hiru lau bost. Ados.\nSei zazpi zortzi bederatzi? Hamar hamaika hamabi"]))
    assert found == ["Bat bi hiru lau bost.", "Sei zazpi zortzi bederatzi?", "Hamar hamaika hamabi"]


def test_an_identifier_comes_back_from_its_file_and_a_damaged_one_is_named(fitted: Fitted, tmp_path: Path) -> None:
    path = tmp_path / "eus_Latn.identifier"
    sha256 = write_fitted(fitted, path)
    assert read_fitted(path) == fitted
    assert write_fitted(fitted, tmp_path / "again") == sha256
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInput, match=r"eus_Latn\.identifier: not an identifier"):
        read_fitted(path)
    with pytest.raises(BadInput, match="cannot be read"):
        read_fitted(tmp_path / "nowhere")


@pytest.mark.skipif(not DATA.exists(), reason="the shared data is not beside the checkout")
@pytest.mark.parametrize("count", [500, 5000])
def test_basque_learned_against_english_alone_is_told_from_five_languages(count: int) -> None:
    rows = [json.loads(line) for line in (DATA / "lid_libreoffice.jsonl").read_text(encoding="utf-8").splitlines()]
    tested = {row["text"] for row in rows}
    lines = (DATA / "parallel_en_eu_libreoffice.jsonl").read_text(encoding="utf-8").splitlines()
    pairs = [json.loads(line) for line in lines]
    texts = {}
    for code, key in (("eus_Latn", "eu"), ("eng_Latn", "en")):
        every = sorted({one for pair in pairs for one in sentences([pair[key]])} - tested)
        texts[code] = random.Random(7).sample(every, count)
    model = NgramModel(fit("eus_Latn", texts))
    said = [(row["lang"] == "eu", model.guess(row["text"])[0] == "eus_Latn") for row in rows]
    found = sum(yes for right, yes in said if right)
    assert found / sum(right for right, _ in said) >= 0.98
    assert found / sum(yes for _, yes in said) >= 0.98
