"""What a verb tells when something is wrong: one message with a place and a remedy, an exit code, never a traceback."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from mintza.cli import main
from mintza.cli.told import told

STUDY = Path(__file__).parents[2] / "studies" / "demo.yaml"


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


@pytest.mark.parametrize(
    "options",
    [
        ("--alone", "x"),
        ("--share", "0/2"),
        ("--only", "corpus", "--share", "0/2"),
        ("--only", "corpus", "--alone", "x", "--limit", "2"),
    ],
)
def test_options_of_jobs_never_start_the_whole_study(options: tuple[str, ...]) -> None:
    done = run("run", STUDY, *options)
    assert done.exit_code == 1
    assert "remedy: --alone goes with --only" in done.stderr


def test_what_no_room_foresaw_of_a_file_is_told_with_its_name(tmp_path: Path) -> None:
    @click.command()
    @told
    def verb() -> None:
        (tmp_path / "nowhere" / "x").read_bytes()

    done = CliRunner().invoke(verb)
    assert done.exit_code == 1
    assert f"{tmp_path / 'nowhere' / 'x'}: No such file or directory" in done.stderr
    assert "remedy:" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_closed_pipe_is_no_error_of_ours() -> None:
    @click.command()
    @told
    def verb() -> None:
        raise BrokenPipeError

    done = CliRunner().invoke(verb)
    assert done.exit_code == 141
    assert done.stderr == ""


def test_gc_on_a_store_that_is_a_file_removes_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    study = tmp_path / "mine.yaml"
    study.write_text(STUDY.read_text(encoding="utf-8").replace("../.mintza-store", "file"), encoding="utf-8")
    done = run("gc", study)
    assert done.exit_code == 0
    assert "everything in the store is needed" in done.stdout
