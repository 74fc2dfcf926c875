"""Tables of measurements: means before rounding, what is not comparable is marked, and LaTeX compiles."""

import csv
import io
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mintza.errors import BadInput
from mintza.records import Measurement
from mintza.report.printing import as_csv, as_html, as_latex, escaped, means_csv, notes_csv
from mintza.report.results import LanguageTable, language_tables
from mintza.report.rules import known, rules

LETTERED = {"metric": "exact_match,strict_match", "protocol": "letter"}


def measured(model: str, exam: str, value: float, **more: Any) -> Measurement:
    fields: dict[str, Any] = {
        "language": "eus_Latn",
        "category": "knowledge",
        "metric": "acc,none",
        "low": None,
        "high": None,
        "items": 100,
        "shots": 5,
        "protocol": "likelihood",
        "template": None,
    }
    return Measurement(model=model, exam=exam, value=value, **{**fields, **more})


def table(*measurements: Measurement, **options: Any) -> LanguageTable:
    (only,) = language_tables(measurements, **options)
    return only


def lines(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text)))


def test_a_row_is_a_model_a_column_an_exam_and_the_mean_comes_last() -> None:
    made = table(measured("b", "piqa_eu", 0.5), measured("b", "bl2mp", 0.25), measured("a", "bl2mp", 1.0))

    assert lines(as_csv(made)) == [
        ["model", "bl2mp", "piqa_eu", "mean"],
        ["b", "25.00", "50.00", "37.50"],
        ["a", "100.00", "", "100.00"],
    ]


def test_a_mean_is_taken_before_rounding() -> None:
    made = table(measured("a", "bl2mp", 0.00004), measured("a", "piqa_eu", 0.00004), measured("a", "eus_x", 0.00007))

    assert lines(as_csv(made))[1] == ["a", "0.00", "0.01", "0.00", "0.01"]


def test_every_language_has_its_table_by_iso_639_3() -> None:
    made = language_tables(
        [
            measured("a", "bl2mp", 0.5),
            measured("a", "piqa", 0.5, language="eng_Latn"),
            measured("a", "x", 0.5, language="und"),
        ]
    )

    assert [one.language for one in made] == ["eus", "eng", "und"]


def test_two_scripts_of_a_language_share_a_table_and_keep_their_exams_apart() -> None:
    made = table(
        measured("a", "quiz", 0.5, language="srp_Latn"),
        measured("a", "quiz", 0.25, language="srp_Cyrl"),
        measured("a", "other", 0.75, language="srp_Cyrl"),
    )

    assert lines(as_csv(made))[0] == ["model", "quiz (srp_Latn)", "other", "quiz (srp_Cyrl)", "mean"]


def test_parts_sums_and_intrinsic_measures_are_no_columns() -> None:
    made = table(
        measured("a", "bbq", 0.5),
        measured("a", "bbq_Age", 0.1, standing="part"),
        measured("a", "bertaqa_eu", 0.1, standing="sum"),
        measured("a", "right_language", 0.1, category="intrinsic"),
    )

    assert lines(as_csv(made))[0] == ["model", "bbq", "mean"]


def test_an_exam_is_shown_by_its_first_metric_that_is_a_share() -> None:
    made = table(
        measured("a", "bbq", -8.4, metric="bias,none"),
        measured("a", "bbq", 0.5),
        measured("a", "bbq", 0.6, metric="acc_norm,none"),
        measured("a", "wiki", 9.1, metric="word_perplexity,none"),
    )

    assert lines(as_csv(made)) == [["model", "bbq", "mean"], ["a", "50.00", "50.00"]]
    assert ("", "wiki", "left out: none of its metrics is a share of items") in made.notes


def test_a_value_that_was_asked_otherwise_than_its_column_is_marked() -> None:
    made = table(measured("api", "bl2mp", 0.9, **LETTERED), measured("a", "bl2mp", 0.5), measured("b", "bl2mp", 0.6))

    assert [row.values["bl2mp"].marked for row in made.rows] == [True, False, False]
    assert lines(notes_csv([made]))[1][:3] == ["eus", "api", "bl2mp"]
    assert r"api & 90.00$^{\dagger}$ & 90.00 \\" in as_latex(made)
    assert r"\textbf{60.00}" in as_latex(made)
    assert "90.00†" in as_html([made], "x", {})
    assert "†" not in as_csv(made)


def test_of_two_ways_to_ask_a_model_the_one_of_the_column_is_shown_and_the_other_said() -> None:
    made = table(measured("a", "bl2mp", 0.1, shots=0), measured("a", "bl2mp", 0.5), measured("b", "bl2mp", 0.6))

    assert lines(as_csv(made))[1] == ["a", "50.00", "50.00"]
    assert [what for _, _, what in made.notes] == [
        "also measured as acc,none, likelihood, 0 shots, in plain text, not shown"
    ]


def test_means_over_different_exams_are_marked_and_the_common_mean_is_offered() -> None:
    made = table(measured("a", "bl2mp", 0.5), measured("a", "piqa_eu", 0.7), measured("b", "bl2mp", 0.9))

    assert made.uneven
    assert lines(means_csv([made]))[1:] == [
        ["eus", "a", "60.00", "2", "2", "50.00", "1", "bl2mp"],
        ["eus", "b", "90.00", "1", "2", "90.00", "1", "bl2mp"],
    ]
    assert "90.00* & 90.00" in as_latex(made)
    assert any("over 1 of 2 exams" in what for _, _, what in made.notes)


def test_where_no_exam_is_common_no_common_mean_is_made_up() -> None:
    made = table(measured("a", "bl2mp", 0.5), measured("b", "piqa_eu", 0.9))

    assert [row.common for row in made.rows] == [None, None]
    assert "there is none" in as_latex(made)


def test_the_rules_of_the_reference_choose_metrics_exams_and_what_is_empty() -> None:
    made = table(
        measured("a", "mgsm_native_cot_eu", 0.1, metric="exact_match,strict-match"),
        measured("a", "mgsm_native_cot_eu", 0.3, metric="exact_match,flexible-extract"),
        measured("a", "piqa_eu", 0.2, metric="acc_norm,none"),
        measured("a", "piqa_eu", 0.5),
        measured("a", "basqbbq", 0.9, category="bias"),
        measured("a", "hellaswag_eu", 0.9),
        measured("api", "eus_exams_eu", 0.8, **LETTERED),
        measured("api", "eus_trivia", 0.6, **LETTERED),
        rules=rules("reference"),
    )

    head, own, api = lines(as_csv(made))
    assert head == ["model", *rules("reference").exams["eus_Latn"], "mean"]
    assert len(head) == 16
    assert {name: value for name, value in zip(head, own, strict=True) if value} == {
        "model": "a",
        "mgsm_native_cot_eu": "30.00",
        "piqa_eu": "50.00",
        "mean": "40.00",
    }
    assert {name for name, value in zip(head, api, strict=True) if value} == {"model", "eus_trivia", "mean"}


def test_the_reference_has_fourteen_nine_and_four_exams() -> None:
    assert {code: len(exams) for code, exams in rules("reference").exams.items()} == {
        "eus_Latn": 14,
        "eng_Latn": 9,
        "spa_Latn": 4,
    }


def test_rules_that_nobody_wrote_are_an_error_that_names_the_known_ones() -> None:
    with pytest.raises(BadInput) as error:
        rules("mine")
    assert ", ".join(known()) in error.value.remedy


def test_languages_and_equal_cells_of_a_study_are_heeded() -> None:
    made = language_tables(
        [
            measured("a", "bl2mp", 0.5),
            measured("a", "piqa", 0.5, language="eng_Latn"),
            measured("a", "y", 0.1, language="und"),
        ],
        languages=["eng_Latn", "eus_Latn", "spa_Latn"],
        equal={"a.sampled.s33": "a", "c.sampled.s33": "c"},
    )

    assert [one.language for one in made] == ["eng", "eus"]
    assert lines(as_csv(made[1]))[1:] == [["a", "50.00", "50.00"], ["a.sampled.s33", "50.00", "50.00"]]


def test_latex_has_rules_of_booktabs_and_no_bare_special_sign() -> None:
    made = table(measured("exp_2_110", "arc_eu", 0.5), measured("50%&#{x}", "arc_eu", 0.25))

    text = as_latex(made)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert all(rule in text for rule in (r"\toprule", r"\midrule", r"\bottomrule"))
    assert r"exp\_2\_110 & \textbf{50.00} & 50.00 \\" in rows
    assert r"50\%\&\#\{x\} & 25.00 & 25.00 \\" in rows
    assert {line.replace(r"\&", "").count("&") for line in rows} == {2}
    assert escaped("a~b^c\\") == r"a\textasciitilde{}b\textasciicircum{}c\textbackslash{}"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="TeX is not installed: pdflatex is not found")
def test_latex_compiles(tmp_path: Path) -> None:
    made = table(
        measured("exp_2 <~^%&#{x}", "arc_eu", 0.5), measured("b", "x_y", 0.1), measured("b", "arc_eu", 0.2, **LETTERED)
    )
    whole = rf"\documentclass{{article}}\usepackage{{booktabs}}\begin{{document}}{as_latex(made)}\end{{document}}"
    (tmp_path / "a.tex").write_text(whole, encoding="utf-8")

    words = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "a.tex"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout[-2000:]


def test_the_page_stands_alone_and_runs_nothing_that_a_name_holds() -> None:
    made = table(measured("<script>x</script>", "arc_eu", 0.5), measured("b", "arc_eu", 0.75))

    text = as_html([made], "Results", {"eus": "Basque"})
    assert "<script" not in text
    assert "<h2>Basque</h2>" in text
    assert "<strong>75.00</strong>" in text
    assert "http" not in text.replace("http-equiv", "")


def test_nothing_of_the_tables_depends_on_where_they_are_made(tmp_path: Path) -> None:
    given = [measured("a", "bl2mp", 0.5), measured("b", "bl2mp", 0.25)]

    assert as_html(language_tables(given), "x", {}) == as_html(language_tables(given), "x", {})
