"""corpus calibrate: what it writes and says."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from mintza.cli import main
from mintza.corpus.calibration import read_calibration

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"


def test_a_trusted_source_becomes_a_file_that_a_study_can_name(tmp_path: Path) -> None:
    out = tmp_path / "eus.json"
    done = CliRunner().invoke(main, ["corpus", "calibrate", str(DEMO), "--source", "demo-eus", "--out", str(out)])
    assert done.exit_code == 0, done.output
    calibration = read_calibration(out)
    assert calibration.language == "eus_Latn"
    assert calibration.texts > 100
    assert "function_words" in done.output
    assert all(f" {percent} %" in done.output for percent in (1, 5, 25, 50, 75, 95, 99))
    assert max(map(len, done.output[: done.output.index("wrote")].splitlines())) <= 80
    assert f"quality: {{calibration: {out}}}" in done.output


def test_a_source_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["corpus", "calibrate", str(DEMO), "--source", "demo-eu"])
    assert done.exit_code == 1
    assert "there is no source 'demo-eu'" in done.output
    assert "demo-eus, demo-eng" in done.output
