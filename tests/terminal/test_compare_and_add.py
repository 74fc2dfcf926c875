"""`mintza compare` and `mintza exam add` as people run them."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner, Result

from mintza.cli import main
from mintza.exams.settings import ExamsSettings, Take
from mintza.exams.stage import items
from mintza.records import Measurement
from mintza.terminal.formats import write_measurements

CSV = """question,A,B,C,answer,category
"Zein da herriko ibaia?",Urola,Deba,Oria,B,reading
"Zenbat auzo ditu herriak?",bi,hiru,,hiru,
"""


def mintza(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def measurement(model: str, exam: str, value: float, items: int = 400) -> Measurement:
    return Measurement(
        exam=exam, language="eus_Latn", category="knowledge", model=model, metric="acc", value=value, low=None, high=None,
        items=items, shots=5, protocol="likelihood", template=None,
    )  # fmt: skip


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "results.jsonl"
    rows = [
        ("one", "quiz", 0.7),
        ("one", "trivia", 0.5),
        ("two", "quiz", 0.5),
        ("two", "trivia", 0.49),
        ("two", "more", 0.4),
    ]
    write_measurements(path, [measurement(*row) for row in rows])
    return path


def test_the_first_line_answers_with_its_test_and_the_exams_follow(file: Path) -> None:
    done = mintza("compare", file, "one", "two")

    first, *rest = done.stdout.splitlines()
    assert done.exit_code == 0
    assert first.startswith("eus_Latn: one is better than two: +10.5 points (")
    assert "2 exams, 800 items; p < 0.001 by a z-test" in first
    assert "the file keeps no items" in first
    assert rest[0].startswith("  quiz (acc, 400 items): 70.0 and 50.0, +20.0 points (")
    assert rest[0].count("*") == 1
    assert rest[1].count("*") == 0
    assert rest[2] == "not compared: more: only one of the two has it"


def test_the_worse_one_named_first_is_still_the_worse_one(file: Path) -> None:
    assert "one is better than two" in mintza("compare", file, "two", "one", "--exam", "quiz").stdout


def test_a_difference_that_may_be_luck_is_called_so(file: Path) -> None:
    done = mintza("compare", file, "one", "two", "--exam", "trivia")

    assert "no difference between one and two can be seen: +1.0 points" in done.stdout
    assert "smallest difference that these items show: 9.9" in done.stdout


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("one", "tow"), "did you mean 'two'?"),
        (("one", "two", "--exam", "quizz"), "did you mean 'quiz'?"),
    ],
)
def test_a_name_that_is_not_there_is_named_with_what_is(file: Path, words: tuple[str, ...], says: str) -> None:
    done = mintza("compare", file, *words)

    assert done.exit_code == 1
    assert says in done.stderr


def test_a_mixture_that_is_named_without_its_seed_is_compared_over_its_seeds(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "studies" / "demo.yaml").read_text(encoding="utf-8")
    file = tmp_path / "study.yaml"
    file.write_text(text, encoding="utf-8")

    done = mintza("compare", file, "smollm2-135m-instruct.corpus", "smollm2-135m-instruct")

    assert done.exit_code == 1
    assert "smollm2-135m-instruct.corpus.s33 is not measured yet" in done.stderr


def test_what_is_no_file_of_measurements_is_named(tmp_path: Path) -> None:
    cut = tmp_path / "cut.json"
    cut.write_text('[{"exam": "quiz", "lang')

    done = mintza("compare", cut, "one", "two")

    assert done.exit_code == 1
    assert "holds no measurements" in done.stderr


def test_rows_of_a_table_become_an_exam_that_a_study_can_take(tmp_path: Path) -> None:
    file = tmp_path / "herria.eus_Latn.csv"
    file.write_text(CSV, encoding="utf-8")

    done = mintza("exam", "add", file, "--license", "CC0-1.0")

    assert done.exit_code == 0, done.stderr
    assert "  | Galdera: Zein da herriko ibaia?\n  | Erantzuna:\n    Urola\n  * Deba\n    Oria\n" in done.stdout
    settings = ExamsSettings(take={"herria": Take()}, definitions=("herria.yaml",))
    found = list(items(settings, base=tmp_path, languages=["eus_Latn"]))
    assert [(item.choices, item.answer, item.category) for item in found] == [
        (("Urola", "Deba", "Oria"), 1, "reading"), (("bi", "hiru"), 1, "knowledge"),
    ]  # fmt: skip
    assert found[0].license == "CC0-1.0"


def test_questions_that_changed_since_the_definition_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "herria.eus_Latn.csv"
    file.write_text(CSV, encoding="utf-8")
    mintza("exam", "add", file)
    data = tmp_path / "herria.eus_Latn.jsonl"
    data.write_text(data.read_text().replace("Deba", "Ebro"))
    settings = ExamsSettings(take={"herria": Take()}, definitions=("herria.yaml",))

    with pytest.raises(Exception, match="not those that the definition was made of"):
        list(items(settings, base=tmp_path, languages=["eus_Latn"]))


def test_json_lines_of_ones_own_stay_as_they_are(tmp_path: Path) -> None:
    file = tmp_path / "quiz.cym_Latn.jsonl"
    file.write_text(json.dumps({"question": "Pwy?", "choices": ["a", "b"], "answer": "b"}) + "\n")
    before = file.read_bytes()

    done = mintza("exam", "add", file)

    assert done.exit_code == 0, done.stderr
    assert file.read_bytes() == before
    definition = yaml.safe_load((tmp_path / "quiz.yaml").read_text())
    assert definition["languages"]["cym_Latn"]["path"] == "quiz.cym_Latn.checked.jsonl"
    assert "words before question and answer are English" in done.stdout


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("q.eus_Latn.jsonl", '{"question": "?", "choices": ["a", "b"], "answer": 2}', "q.eus_Latn.jsonl:1: answer 2 is none"),
        ("q.eus_Latn.jsonl", '{"question": "?", "choices": ["a"', "q.eus_Latn.jsonl:1: it is not JSON"),
        ("q.eus_Latn.jsonl", '{"question": "?", "choices": ["a", "a"], "answer": 0}', "two choices are the same"),
        ("q.eus_Latn.jsonl", "[1]", "it is not a question"),
        ("q.eus_Latn.jsonl", "", "it holds no question"),
        ("q.eus_Latn.csv", "question,A,B,answer\n?,a,b,Z\n", "q.eus_Latn.csv:2: answer 'Z' is none"),
        ("q.eus_Latn.csv", "question,A,B,answer\n?,a,b,A,x\n", "more cells than the head"),
        ("q.jsonl", '{"question": "?", "choices": ["a", "b"], "answer": 0}', "neither its name nor --in"),
        ("piqa.eng_Latn.jsonl", '{"question": "?", "choices": ["a", "b"], "answer": 0}', "comes with Mintza"),
    ],
)  # fmt: skip
def test_a_file_that_holds_no_exam_is_named_and_nothing_is_written(
    tmp_path: Path, name: str, text: str, says: str
) -> None:
    file = tmp_path / name
    file.write_text(text)

    done = mintza("exam", "add", file)

    assert done.exit_code == 1
    assert says in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_same_exam_asked_otherwise_counts_only_where_it_is_named(tmp_path: Path) -> None:
    path = tmp_path / "results.jsonl"
    rows = []
    for model, value in (("one", 0.7), ("two", 0.5)):
        rows += [
            measurement(model, "quiz", value),
            msgspec.structs.replace(measurement(model, "quiz_gen", 1 - value), protocol="letter"),
            msgspec.structs.replace(measurement(model, "alone_gen", value), protocol="letter"),
        ]
    write_measurements(path, rows)

    assert "on 2 exams" in mintza("compare", path, "one", "two").stdout
    assert "quiz_gen" not in mintza("compare", path, "one", "two").stdout
    assert "two is better than one" in mintza("compare", path, "one", "two", "--exam", "quiz_gen").stdout
