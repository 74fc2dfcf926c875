"""What stands in no mean, how rows were asked, intervals of foreign results, bias and clean items, prompts as they were asked."""

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec

from mintza.records import Answer, Item, Measurement, Score
from mintza.report.browsing.answers import asked
from mintza.report.material import Material
from mintza.report.printing import as_csv, as_html, as_latex, intervals_csv
from mintza.report.scorebook import Measure, ScoreBook
from mintza.report.sections.exams import clean_section, leanings_section
from mintza.report.settings import ReportSettings
from mintza.report.stage import report
from mintza.report.tradeoff import families
from report.builder import BACKBONE, BASQUE, study
from report.test_results import lines, measured, table


def test_an_exam_of_bias_is_a_column_and_in_no_mean() -> None:
    made = table(
        measured("a", "bl2mp", 0.5), measured("a", "basqbbq", 0.9, category="bias"), measured("b", "bl2mp", 0.4)
    )

    assert lines(as_csv(made)) == [
        ["model", "basqbbq", "bl2mp", "mean"], ["a", "90.00", "50.00", "50.00"], ["b", "", "40.00", "40.00"],
    ]  # fmt: skip
    assert not made.uneven
    assert "In no mean: basqbbq." in as_html([made], "x", {})


def test_an_exam_that_is_asked_otherwise_beside_itself_is_in_no_mean() -> None:
    made = table(measured("a", "bl2mp", 0.5), measured("a", "bl2mp_gen", 0.9, protocol="letter"))

    assert lines(as_csv(made))[1] == ["a", "50.00", "90.00", "50.00"]
    assert ("", "bl2mp_gen", "in no mean: it is asked otherwise beside itself") in made.notes


def test_models_that_were_asked_in_plain_text_beside_others_bear_a_mark() -> None:
    rows = [measured("base", "bl2mp", 0.5), measured("chat", "bl2mp", 0.6, template="abc")]
    made = table(*rows)

    assert "base‡" in as_html([made], "x", {})
    assert "chat‡" not in as_html([made], "x", {})
    assert r"base$^{\ddagger}$ &" in as_latex(made)
    assert "‡" not in as_csv(made)
    assert "‡" not in as_html([table(rows[0])], "x", {})


def test_an_api_that_answers_with_letters_is_not_taken_for_plain_text() -> None:
    rows = [measured("api", "bl2mp", 0.5, protocol="letter"), measured("chat", "bl2mp", 0.6, template="abc")]

    assert "‡" not in as_html([table(*rows)], "x", {})


def test_intervals_of_a_file_are_printed_where_it_has_them() -> None:
    made = table(measured("a", "bl2mp", 0.5, low=0.45, high=0.55), measured("a", "piqa_eu", 0.4))
    text = as_html([made], "x", {})

    assert text.count("<small>±") == 1
    assert "<small>±5.0</small>" in text
    assert list(csv.reader(io.StringIO(intervals_csv([made]))))[1:] == [
        ["eus", "a", "bl2mp", "50.00", "45.00", "55.00", "100"],
        ["eus", "a", "piqa_eu", "40.00", "", "", "100"],
    ]


def with_bias() -> Material:
    material = study()
    scores = [
        Score(exam="basqbbq", item_id=f"{k}", model=m.name, metric="acc", value=1.0, weight=1.0, language=BASQUE.code)
        for m in material.models
        for k in range(500)
    ]
    ends: dict[str, Any] = {"low": -0.1, "high": 0.3}
    own = [
        measured(m.name, "basqbbq", value, metric=metric, category="bias", **ends)
        for m in material.models
        for metric, value in (("acc", 1.0), ("bias_ambig", 0.12), ("bias_disambig", -0.05), ("bias_gap_disambig", 0.0))
    ]
    return replace(material, scores=[*material.scores, *scores], measurements=[*material.measurements, *own])


def test_many_items_of_bias_do_not_drown_the_accuracy_over_all_exams() -> None:
    plain, book = ScoreBook(study()), ScoreBook(with_bias())

    assert book.exams("accuracy", BASQUE.code) == ("pretend", "basqbbq")
    assert book.counted("accuracy", BASQUE.code) == ("pretend",)
    over_all = Measure("accuracy", BASQUE.code)
    assert book.scores(BACKBONE, over_all) == plain.scores(BACKBONE, over_all)
    assert len(book.scores(BACKBONE, Measure("accuracy", BASQUE.code, "basqbbq"))) == 500


def test_how_models_lean_stands_on_the_page_with_its_interval(tmp_path: Path) -> None:
    first = leanings_section(with_bias())[0]
    assert (first["model"], first["exam"]) == (BACKBONE, "basqbbq")
    assert first["cells"][0] == ("+0.12", "−0.10 to +0.30")
    settings = ReportSettings(replicas=100, figures=False, parquet=False, browse=False)
    list(report(settings, with_bias(), workspace=tmp_path))
    assert "Leaning to stereotypes" in (tmp_path / "index.html").read_text(encoding="utf-8")


def test_exams_without_the_items_that_were_read_stand_beside_the_whole() -> None:
    material = study()
    name = f"{BACKBONE}.corpus.s33"
    of: list[Measurement] = [m for m in material.measurements if (m.model, m.exam) == (name, "pretend")]
    less = [
        msgspec.structs.replace(of[0], metric=f"acc{end}", value=0.25, items=n)
        for end, n in (("_clean", 40), ("_unseen", 30))
    ]
    rows = clean_section(replace(material, measurements=[*material.measurements, *less]))

    assert [row["model"] for row in rows] == [name]
    assert [count for _, count in rows[0]["cells"]] == ["60", "40", "30"]
    assert clean_section(material) == []


def test_exams_that_are_called_otherwise_are_matched_by_their_definitions() -> None:
    material = study()
    there = ("pretend", BASQUE.code)
    measurements = [
        msgspec.structs.replace(m, exam="asmatu") if (m.exam, m.language) == there else m for m in material.measurements
    ]
    scores = [
        msgspec.structs.replace(m, exam="asmatu") if (m.exam, m.language) == there else m for m in material.scores
    ]
    material = replace(material, measurements=measurements, scores=scores)

    assert families(material, ScoreBook(material)) == {}
    told = replace(material, families={"asmatu": "pretend"})
    assert families(told, ScoreBook(told))["pretend"][BASQUE.code] == "asmatu"


def quiz(number: int) -> Item:
    return Item(
        exam="quiz", id=f"{number}", language=BASQUE.code, category="knowledge", question=f"{number}?", choices=("a", "b"),
        answer=0, license="CC0-1.0",
    )  # fmt: skip


def said(number: int, **more: Any) -> Answer:
    fields: dict[str, Any] = {
        "exam": "quiz",
        "protocol": "likelihood",
        "log_likelihoods": (-1.0, -2.0),
        "utf8_bytes": (1, 1),
    }
    return Answer(item_id=f"{number}", model=BACKBONE, language=BASQUE.code, **{**fields, **more})


def test_the_first_of_many_items_shows_its_prompt_as_every_template_put_it() -> None:
    answers = [said(k, prompt=f"examples {k}") for k in range(5)]
    answers += [said(k, prompt=f"<user> {k}", template="abc") for k in range(5)]
    (found,) = asked([quiz(k) for k in range(5)], answers, ScoreBook(study()), 3).values()

    assert [one.prompts for one in found] == [
        {"": "examples 0", "abc": "<user> 0"}, {}, {}, {"": "examples 3", "abc": "<user> 3"}, {},
    ]  # fmt: skip


def test_an_exam_that_is_asked_by_letter_shows_its_questions_and_choices() -> None:
    answer = said(1, exam="quiz_gen", protocol="letter", text="A", log_likelihoods=(), prompt="1?\nA: a\nB: b")
    found = asked([quiz(1)], [answer], ScoreBook(study()), 200)

    (one,) = found["quiz_gen", BASQUE.code]
    assert one.question == "1?"
    assert one.item is not None
    assert one.texts == {BACKBONE: "A"}
