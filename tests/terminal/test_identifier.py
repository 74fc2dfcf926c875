"""corpus identifier: what it writes and says, and that a language's folder can name it."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from click.testing import CliRunner

from mintza.cli import main
from mintza.languages import load
from mintza.text.identifier_files import read_fitted

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"
TEXTS = Path(__file__).parents[2] / "src" / "mintza_demo" / "texts"


def test_a_source_becomes_an_identifier_that_a_folder_can_name(tmp_path: Path) -> None:
    folder = tmp_path / "eus_Latn"
    out = folder / "eus_Latn.identifier"
    done = CliRunner().invoke(main, ["corpus", "identifier", str(DEMO), "--source", "demo-eus", "--out", str(out)])
    assert done.exit_code == 0, done.output
    fitted = read_fitted(out)
    assert fitted.languages[0] == "eus_Latn"
    assert len(fitted.languages) >= 2
    assert re.search(r"eus_Latn: recall 0\.9\d+, precision (0\.9|1\.0)", done.output)
    told = done.output[done.output.index("models:") :]
    (folder / "identifiers.yaml").write_text(told, encoding="utf-8")
    (model,) = load("eus_Latn", [tmp_path]).models
    assert (model.kind, model.label, model.role) == ("ngrams", "eus_Latn", "first")


def test_a_source_that_is_not_there_or_in_the_same_language_is_named(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["corpus", "identifier", str(DEMO), "--source", "demo-eu"])
    assert done.exit_code == 1
    assert "there is no source 'demo-eu'" in done.output
    done = CliRunner().invoke(
        main,
        ["corpus", "identifier", str(DEMO), "--source", "demo-eus", "--against", "nothing", "--out", str(tmp_path)],
    )
    assert "there is no source 'nothing'" in done.output


def study_of(folder: Path, texts: dict[str, list[str]]) -> Path:
    """A study whose sources are these texts, named by their languages."""
    study = folder / "mine.yaml"
    done = CliRunner().invoke(main, ["init", "eus_Latn", "--out", str(study)])
    assert done.exit_code == 0, done.output
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    settings["corpus"] = {
        "sources": [
            {"kind": "folder", "name": code, "path": code, "language": code, "license": "CC0-1.0"} for code in texts
        ]
    }
    study.write_text(yaml.safe_dump(settings), encoding="utf-8")
    for code, some in texts.items():
        (folder / code).mkdir()
        for number, text in enumerate(some):
            (folder / code / f"{number:03}.txt").write_text(text, encoding="utf-8")
    return study


def demo(code: str) -> list[str]:
    return [path.read_text(encoding="utf-8") for path in sorted((TEXTS / code).rglob("*.txt"))]


def test_foreign_sentences_in_a_sample_are_shown_and_can_be_left_out(tmp_path: Path) -> None:
    english = demo("eng_Latn")
    study = study_of(tmp_path, {"eus_Latn": demo("eus_Latn") + english[:8], "eng_Latn": english[8:]})
    asked = ["corpus", "identifier", str(study), "--source", "eus_Latn"]
    before = CliRunner().invoke(main, asked)
    assert before.exit_code == 0, before.output
    assert "read like another language, for instance:\n  eng_Latn: " in before.output
    assert "learn without them: --clean" in before.output
    after = CliRunner().invoke(main, [*asked, "--clean"])
    assert "they were not learned" in after.output
    recalls = [float(done.output.partition("recall ")[2][:6]) for done in (before, after)]
    assert recalls[1] > recalls[0]


def test_what_was_taken_down_is_not_learned(tmp_path: Path) -> None:
    study = study_of(tmp_path, {"eus_Latn": demo("eus_Latn")[:60]})
    learned = []
    for name in ("all", "without"):
        out = tmp_path / f"{name}.identifier"
        done = CliRunner().invoke(main, ["corpus", "identifier", str(study), "--source", "eus_Latn", "--out", str(out)])
        assert done.exit_code == 0, done.output
        learned.append(sum(read_fitted(out).report.learned.values()))
        forgot = CliRunner().invoke(main, ["corpus", "forget", str(study), "eus_Latn/01?.txt"])
        assert forgot.exit_code == 0, forgot.output
    assert learned[1] < learned[0]


def test_a_second_language_that_nothing_else_knows_is_told_by_the_same_identifier_and_until_then_nothing_starts(
    tmp_path: Path,
) -> None:
    languages = {"aaa_Latn": demo("eus_Latn")[:60], "bbb_Latn": demo("spa_Latn")}
    study = study_of(tmp_path, {**languages, "eng_Latn": demo("eng_Latn")[:20]})
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    study.write_text(yaml.safe_dump({**settings, "also": ["eng_Latn", *languages]}), encoding="utf-8")
    for code in languages:
        made = CliRunner().invoke(main, ["init", code, "--out", str(tmp_path / f"{code}.yaml")])
        assert made.exit_code == 0, made.output
        file = tmp_path / "languages" / code / "language.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace("FILL IN: ", ""), encoding="utf-8")
    run = ["run", str(study), "--only", "corpus"]
    before = CliRunner().invoke(main, run)
    assert "nothing was started" in before.output
    assert f"learn one: `mintza corpus identifier {study} --source bbb_Latn`" in before.output
    learned = CliRunner().invoke(main, ["corpus", "identifier", str(study), "--source", "aaa_Latn"])
    assert learned.exit_code == 0, learned.output
    own, other = re.findall(r"into languages/(\w+)/identifiers.yaml.*\n(models:\n.*)\n", learned.output)
    assert [own[0], other[0]] == list(languages)
    for code, told in (own, other):
        (tmp_path / "languages" / code / "identifiers.yaml").write_text(told, encoding="utf-8")
    after = CliRunner().invoke(main, run)
    assert after.exit_code == 0, after.output
