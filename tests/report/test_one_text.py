"""One held-out text has no interval: the page, its tables, LaTeX and figures say so and print no ends that pretend."""

import csv
import re
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import msgspec
import pytest

from mintza.report.figures.forest import panels
from mintza.report.made import make
from mintza.report.material import Material
from mintza.report.settings import ReportSettings
from mintza.report.stage import report, summary
from mintza.report.words import MINUS
from report.builder import study
from report.test_page import assert_whole

SETTINGS = ReportSettings(replicas=100)
PLAIN = ReportSettings(replicas=100, figures=False, parquet=False, browse=False)
SAME_ENDS = re.compile(rf"([+{MINUS}-]?\d+\.\d+) to \1(?!\d)")
"""An interval of no width, as certainty would be printed."""


def of_one_text(seeds: tuple[int, ...] = (33,)) -> Material:
    """The made-up study with one text of each held-out source, and measurements as the benchmark hands them over."""
    whole = study(seeds=seeds, between=0.05)
    scores = [s for s in whole.scores if s.metric != "bits_per_byte" or s.item_id == "text-0"]
    values = {(s.model, s.exam, s.language): s.value for s in scores if s.metric == "bits_per_byte"}
    measured = [
        msgspec.structs.replace(m, value=values[(m.model, m.exam, m.language)], low=None, high=None, items=1)
        if m.metric == "bits_per_byte"
        else m
        for m in whole.measurements
    ]
    return replace(whole, scores=scores, measurements=measured)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    list(report(SETTINGS, of_one_text(), workspace=folder))
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_the_page_says_that_one_text_has_no_interval(made: Path) -> None:
    text = assert_whole((made / "index.html").read_text(encoding="utf-8")).text
    assert not [found for found in SAME_ENDS.finditer(text) if found[1].strip("+-" + MINUS).strip("0.")]
    assert "(no interval: 1 text): it is too small to say" in text
    assert "1 text, likelihood protocol" in text
    assert "not a number" not in text
    assert "nan" not in re.sub(r"[a-z]+nan|nan[a-z]+", "", text.lower())


def test_latex_says_so_too(made: Path) -> None:
    lines = [line for line in (made / "tables" / "effects.tex").read_text(encoding="utf-8").splitlines() if "&" in line]
    of_texts = [line for line in lines if "held-out" in line]
    assert of_texts
    assert all("& no interval & 1.000 &" in line for line in of_texts)


def test_files_have_empty_fields_for_the_ends(made: Path) -> None:
    effects = [row for row in rows(made / "tables" / "effects.csv") if row["kind"] == "bits_per_byte"]
    assert effects
    assert {(row["low"], row["high"], row["seen"], row["p"]) for row in effects} == {("", "", "unseen", "1.0")}
    told = [row for row in rows(made / "tables" / "findings.csv") if "1 text." in row["answer"]]
    assert told
    assert {(row["low"], row["high"]) for row in told} == {("", "")}


def test_the_table_of_the_terminal_says_so(made: Path) -> None:
    head, *models = summary(of_one_text())
    place = head.index("Basque, bits per byte")
    assert all(re.fullmatch(r"\d\.\d{3} \(no interval\)", row[place]) for row in models)


def test_a_forest_shows_the_value_and_no_line() -> None:
    material = of_one_text()
    (panel,) = (p for p in panels(make(SETTINGS, material).effects, material, ["eus_Latn"]) if "Bits" in p.title)
    assert {(mark.low, mark.high) for mark in panel.marks} == {(None, None)}
    assert all(0 < mark.place < 100 for mark in panel.marks)
    assert all(mark.text.endswith("(no interval)") for mark in panel.marks)


def test_what_one_question_gains_is_the_mean_of_the_seeds() -> None:
    whole = study(seeds=(1, 2, 3), between=0.3)
    scores = [s for s in whole.scores if s.metric != "acc" or s.item_id == "item-0"]
    right = {(s.model, s.language): s.value for s in scores if s.metric == "acc"}
    measured = [
        msgspec.structs.replace(m, value=right[m.model, m.language], low=0.0, high=1.0, items=1)
        if m.metric == "acc"
        else m
        for m in whole.measurements
    ]
    material = replace(whole, scores=scores, measurements=measured)
    told = make(SETTINGS, material).tradeoff.rows
    assert told
    parted = 0
    for row in told:
        names = [f"{row.model}.s{seed}" for seed in (1, 2, 3)]
        for gain in row.gains:
            each = [100 * (right[name, gain.language] - right[row.backbone, gain.language]) for name in names]
            assert gain.value == pytest.approx(fmean(each))
            assert (gain.low, gain.high) == (None, None)
            parted += fmean(each) != each[0]
    assert parted


def test_one_text_over_several_seeds_is_measured_and_has_no_interval(tmp_path: Path) -> None:
    material = of_one_text((1, 2, 3))
    list(report(PLAIN, material, workspace=tmp_path))
    of_texts = [row for row in rows(tmp_path / "tables" / "seeds.csv") if row["kind"] == "bits_per_byte"]
    assert of_texts
    assert all(float(row["mean"]) > 0 and float(row["sd_of_seeds"]) > 0 for row in of_texts)
    assert {(row["low"], row["high"], row["variance_from_seeds"]) for row in of_texts} == {("", "", "")}
    assert_whole((tmp_path / "index.html").read_text(encoding="utf-8"))
