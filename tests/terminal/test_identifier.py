"""corpus identifier: what it writes and says, and that a language's folder can name it."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from mintza.cli import main
from mintza.languages import load
from mintza.text.identifier_files import read_fitted

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"


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
