"""`benchmark import` and `report tables` as people run them; `report STUDY` is what it was."""

import csv
import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mintza.cli import main
from mintza.errors import BadInput, MissingPart
from mintza.report.rules import known
from mintza.terminal.formats import FORMATS, read_measurements, suffix_of, write_measurements
from result_files import NAME, content, put, scores

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "lm_eval_results"


def mintza(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.fixture
def results(tmp_path: Path) -> Path:
    folder = tmp_path / "results"
    put(folder / "org__one", content({"eus_trivia": scores(value=0.25), "piqa": scores(value=0.5)}))
    put(folder / "org__two", content({"eus_trivia": scores(value=0.5, error="N/A")}, chat_template_sha="abc"))
    return folder


@pytest.mark.parametrize("suffix", [s for s in FORMATS if s != ".parquet"])
def test_every_format_gives_back_what_was_imported(results: Path, tmp_path: Path, suffix: str) -> None:
    lines, file = tmp_path / "a.jsonl", tmp_path / f"deep/b{suffix}"
    for out in (lines, file):
        assert mintza("benchmark", "import", results, "--out", out).exit_code == 0

    assert read_measurements(file) == read_measurements(lines)
    assert len(read_measurements(file)) == 3


def test_parquet_is_written_where_pyarrow_is_and_named_as_missing_where_not(results: Path, tmp_path: Path) -> None:
    lines, file = tmp_path / "a.jsonl", tmp_path / "b.parquet"
    mintza("benchmark", "import", results, "--out", lines)
    if importlib.util.find_spec("pyarrow") is None:
        with pytest.raises(MissingPart, match="pyarrow"):
            suffix_of(file)
        return
    write_measurements(file, read_measurements(lines))
    assert read_measurements(file) == read_measurements(lines)


def test_an_unknown_suffix_is_refused_before_anything_is_read(results: Path, tmp_path: Path) -> None:
    done = mintza("benchmark", "import", results, "--out", tmp_path / "a.xlsx")

    assert done.exit_code == 1
    assert ".jsonl.zst" in done.stderr


def test_what_was_odd_is_printed_and_lies_beside_the_file(results: Path, tmp_path: Path) -> None:
    put(results / "org__two", '{"results": {', "cut.json")

    done = mintza("benchmark", "import", results, "--out", tmp_path / "a.jsonl.zst")

    assert done.exit_code == 0
    assert "cut.json" in done.stdout
    with (tmp_path / "a.odd.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["file", "task", "what"]
    assert [(Path(file).name, task) for file, task, _ in rows[:2]] == [("cut.json", ""), (NAME, "eus_trivia")]


def test_duplicates_end_with_one_and_the_rest_is_written(results: Path, tmp_path: Path) -> None:
    put(results / "org__one", content({"eus_trivia": scores(value=0.3)}, date=9e9), "again.json")
    out = tmp_path / "a.jsonl"

    done = mintza("benchmark", "import", results, "--out", out)

    assert done.exit_code == 1
    assert "--duplicates newest" in done.stderr
    assert {(m.model, m.exam) for m in read_measurements(out)} == {("one", "piqa"), ("two", "eus_trivia")}
    assert mintza("benchmark", "import", results, "--out", out, "--duplicates", "newest").exit_code == 0
    assert [m.value for m in read_measurements(out)] == [0.3, 0.5, 0.5]


def test_nothing_to_import_ends_with_one_and_writes_no_measurements(tmp_path: Path) -> None:
    put(tmp_path / "m", {"other": "tool"})

    done = mintza("benchmark", "import", tmp_path / "m", tmp_path / "gone", "--out", tmp_path / "a.csv")

    assert done.exit_code == 1
    assert "nothing could be imported" in done.stderr
    assert not (tmp_path / "a.csv").exists()


def test_tables_are_written_for_every_language(results: Path, tmp_path: Path) -> None:
    mintza("benchmark", "import", results, "--out", tmp_path / "a.csv")

    done = mintza("report", "tables", tmp_path / "a.csv", "--out", tmp_path / "tables")

    assert done.exit_code == 0, done.output
    assert "benchmark-eus: 2 models, 1 exam\n" in done.output
    assert sorted(path.name for path in (tmp_path / "tables").iterdir()) == [
        *("benchmark-eng.csv", "benchmark-eng.tex", "benchmark-eus.csv", "benchmark-eus.tex"),
        *("index.html", "intervals.csv", "means.csv", "notes.csv"),
    ]
    assert "<h2>Basque</h2>" in (tmp_path / "tables" / "index.html").read_text(encoding="utf-8")
    text = (tmp_path / "tables" / "benchmark-eus.csv").read_text(encoding="utf-8")
    assert text == "model,eus_trivia,mean\none,25.00,25.00\ntwo,50.00,50.00\n"


def test_a_study_chooses_the_languages_of_the_tables(results: Path, tmp_path: Path) -> None:
    mintza("benchmark", "import", results, "--out", tmp_path / "a.csv")
    study = Path(__file__).parents[2] / "studies" / "demo.yaml"

    done = mintza("report", "tables", tmp_path / "a.csv", "--study", study, "--out", tmp_path / "tables")

    assert done.exit_code == 0, done.output
    assert "<h2>Basque</h2>" in (tmp_path / "tables" / "index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize("written", ["", "{", '{"exam": 1}\n', "exam,model\nx,y\n"])
@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".csv", ".jsonl.zst"])
def test_a_file_of_something_else_is_an_error_with_a_remedy(tmp_path: Path, written: str, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    path.write_text(written, encoding="utf-8")

    with pytest.raises(BadInput) as error:
        read_measurements(path)
    assert "benchmark import" in error.value.remedy
    assert mintza("report", "tables", path, "--out", tmp_path / "t").exit_code == 1


def test_a_number_that_is_not_finite_and_a_language_that_is_none_are_refused(results: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    mintza("benchmark", "import", results, "--out", path)
    text = path.read_text(encoding="utf-8")
    for wrong in (text.replace(",0.25,", ",nan,"), text.replace("eus_Latn", "../../etc")):
        path.write_text(wrong, encoding="utf-8")
        done = mintza("report", "tables", path, "--out", tmp_path / "t")
        assert done.exit_code == 1
        assert "remedy" in done.stderr


def test_a_cut_archive_is_an_error(results: Path, tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.zst"
    mintza("benchmark", "import", results, "--out", path)
    path.write_bytes(path.read_bytes()[:-9])

    with pytest.raises(BadInput):
        read_measurements(path)


def test_report_with_a_study_is_what_it_was(tmp_path: Path) -> None:
    done = mintza("report", tmp_path / "none.yaml")

    assert done.exit_code == 1
    assert "none.yaml" in done.stderr
    assert "tables" in mintza("report", "--help").stdout
    assert "Missing argument 'STUDY'" in mintza("report", "--").stderr or mintza("report").exit_code == 2


def test_the_rules_that_the_command_line_offers_are_those_that_there_are() -> None:
    assert f"[{'|'.join(known())}]" in mintza("report", "tables", "--help").stdout


def test_a_study_that_is_called_tables_can_still_be_named(tmp_path: Path) -> None:
    done = mintza("report", tmp_path / "tables")

    assert done.exit_code == 1
    assert str(tmp_path / "tables") in done.stderr


def test_the_help_of_a_subcommand_loads_only_click() -> None:
    code = (
        "import sys\nfrom click.testing import CliRunner\nfrom mintza.cli import main\n"
        "for words in (['benchmark', 'import', '--help'], ['report', '--help'], ['report', 'tables', '--help']):\n"
        "    assert CliRunner().invoke(main, words).exit_code == 0\n"
        "assert not set(sys.modules) & {'pydantic', 'numpy', 'rich', 'yaml', 'msgspec'}\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"{SAMPLE} is not there: the sample lies beside the checkout")
def test_the_sample_gives_the_rows_that_the_reference_published(tmp_path: Path) -> None:
    """Source of the expected rows: the published tables of hitz-zentroa/latxa-instruct."""
    mintza("benchmark", "import", SAMPLE, "--out", tmp_path / "a.jsonl.zst")
    done = mintza("report", "tables", tmp_path / "a.jsonl.zst", "--rules", "reference", "--out", tmp_path)
    assert done.exit_code == 0, done.output

    rows = (tmp_path / "benchmark-eus.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(rows) == [
        "Latxa-Llama-3.1-8B,38.65,67.38,75.22,72.45,65.65,92.50,55.03,53.57,58.24,60.52,36.00,51.11,65.09,68.50,61.42",
        "Llama-3.1-8B-Instruct,29.10,50.88,73.89,67.10,44.97,69.61,46.21,34.13,49.72,45.01,45.60,50.37,57.63,61.22,51.82",
        "gpt-4o-2024-11-20,,,92.89,91.01,74.83,,,74.25,84.38,80.70,79.20,76.67,,,81.74",
    ]
    means = (tmp_path / "benchmark-spa.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert sorted(row.rpartition(",")[2] for row in means) == ["64.16", "76.79", "80.80"]
