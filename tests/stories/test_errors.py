"""Bad input, through the command line: one error that names the place and the remedy, exit code not 0, no traceback."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from mintza.store import Store
from tiny import SETTINGS, write_study

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def study(undisturbed: Path, tmp_path: Path) -> Path:
    """A tiny study that has not run, without the cost of making its model again."""
    (tmp_path / "study").mkdir()
    for name in ("backbone", "replies.yaml", "tiny.yaml"):
        (tmp_path / "study" / name).symlink_to(undisturbed.parent / name)
    path = tmp_path / "study" / "tiny.yaml"
    text = path.read_text(encoding="utf-8")
    path.unlink()
    path.write_text(text, encoding="utf-8")
    return path


def change(study: Path, **keys: Any) -> Path:
    plain = yaml.safe_load(study.read_text(encoding="utf-8"))
    plain.update(keys)
    study.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    return study


def corpus_of(study: Path, files: dict[str, bytes], **more: Any) -> Path:
    folder = study.parent / "texts"
    folder.mkdir()
    for name, content in files.items():
        (folder / name).write_bytes(content)
    source = {"kind": "folder", "name": "mine", "path": "texts", "language": "eus_Latn", "license": "CC0-1.0"}
    return change(study, corpus={"sources": [source], **more})


def refused(done: subprocess.CompletedProcess[str], *words: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert "remedy:" in done.stderr, done.stderr
    for word in words:
        assert word in done.stderr, done.stderr


def test_a_wrong_key_is_named_with_its_line(study: Path, cli: Cli) -> None:
    change(study, seed=3)
    for verb in ("check", "plan", "run", "show", "report"):
        refused(cli(verb, study), "unknown key 'seed'", "tiny.yaml:")


def test_a_study_that_is_not_there_is_named(tmp_path: Path, cli: Cli) -> None:
    refused(cli("run", tmp_path / "none.yaml"), "none.yaml", "no such file")


def test_a_missing_folder_of_texts_stops_before_anything_runs(study: Path, cli: Cli) -> None:
    source = {"kind": "folder", "name": "mine", "path": "nowhere", "language": "eus_Latn", "license": "CC0-1.0"}
    change(study, corpus={"sources": [source]})
    assert cli("check", study).returncode == 1
    refused(cli("run", study), "nothing was started", "nowhere")
    assert not list((study.parent / "store" / "artifacts").glob("*/*"))


def test_a_broken_line_is_named_by_file_and_line(study: Path, cli: Cli) -> None:
    corpus_of(study, {"a.jsonl": b'{"text": "Kaixo"}\n{"text": \n'})
    refused(cli("run", study, "--only", "corpus"), "a.jsonl", "2")


def test_a_corpus_with_nothing_left_says_what_dropped_it(study: Path, cli: Cli) -> None:
    corpus_of(
        study, {"a.txt": b"This is plainly an English text, and it is not a Basque text at all, as anybody sees."}
    )
    refused(cli("run", study, "--only", "corpus"), "corpus")


def test_bytes_that_are_no_text_are_named(study: Path, cli: Cli) -> None:
    corpus_of(study, {"a.txt": b"\xff\xfe\x00\x01"})
    refused(cli("run", study, "--only", "corpus"), "a.txt")


def test_a_backbone_that_is_said_to_be_instructed_and_has_no_chat_template_is_refused(tmp_path: Path, cli: Cli) -> None:
    study = write_study(tmp_path / "study")
    (study.parent / "backbone" / "chat_template.jinja").unlink()
    assert "no chat template" in cli("check", study).stdout
    refused(cli("run", study), "no chat template")


def test_sampling_from_a_base_model_is_refused_in_words(study: Path, cli: Cli) -> None:
    replies = {"rules": [{"reply": "x"}], "template": None}
    (study.parent / "replies.yaml").unlink()
    (study.parent / "replies.yaml").write_text(yaml.safe_dump(replies))
    refused(cli("run", study, "--only", "sample"), "template")


def test_a_store_that_cannot_be_written_is_named(study: Path, cli: Cli) -> None:
    change(study, execution={"store": "/sys/mintza-store"})
    refused(cli("run", study), "/sys/mintza-store")


def test_a_hub_backbone_without_a_network_says_which_command_brings_it(study: Path, cli: Cli) -> None:
    hub = {
        "kind": "hub",
        "repo": "someone/some-model",
        "revision": "0" * 40,
        "license": "x",
        "instructed": True,
    }
    change(study, backbones={"tiny": hub})
    assert "hf download someone/some-model" in cli("check", study).stdout
    refused(cli("run", study), "hf download someone/some-model", "nothing was started")
    assert "needs" in cli("plan", study).stdout


def test_a_server_that_is_not_there_is_an_error_with_its_address(study: Path, cli: Cli) -> None:
    execution = {"url": "http://127.0.0.1:9/v1", "tries": 1, "timeout_s": 5.0, "patience_s": 0.0}
    server = {"provider": "server", "model": "m", "backbone": "tiny", "execution": execution}
    change(study, models={"script": server})
    refused(cli("run", study, "--only", "sample"), "127.0.0.1:9")


def test_a_spoiled_artifact_is_named_with_the_folder_to_remove(undisturbed: Path, tmp_path: Path, cli: Cli) -> None:
    import shutil

    shutil.copytree(undisturbed.parent, tmp_path / "study")
    study = tmp_path / "study" / undisturbed.name
    shard = next((study.parent / "store" / "artifacts" / "sample").glob("*/Conversation-*.zst"))
    shard.write_bytes(shard.read_bytes()[:40])
    change(study, instruct={**SETTINGS["instruct"], "filter": {"filters": [{"kind": "finished"}]}})
    refused(cli("run", study), "spoiled", str(shard))
    shutil.rmtree(shard.parent)
    assert cli("run", study).returncode == 0


def test_an_unknown_stage_or_variant_is_answered_with_those_that_there_are(undisturbed: Path, cli: Cli) -> None:
    refused(cli("run", undisturbed, "--only", "trian"), "known:", "train")
    refused(cli("run", undisturbed, "--only", "train/x"), "known:", "train/tiny.corpus.s1")
    refused(cli("chat", undisturbed, "nobody"), "known:", "tiny.corpus.s1")
    refused(cli("show", undisturbed, "nothing"), "known:")


@pytest.mark.parametrize("size", ["60k", "150k", "300k", "600k", "1200k"])
def test_a_full_disk_is_said_in_words_and_the_run_goes_on_when_there_is_room(study: Path, cli: Cli, size: str) -> None:
    small = study.parent / "small"
    small.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(small)], capture_output=True, text=True, check=False
    )
    if mounted.returncode != 0:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    try:
        change(study, execution={"store": str(small), "threads": 1})
        refused(cli("run", study), "free room")
        subprocess.run(["mount", "-o", "remount,size=200m", str(small)], check=True)
        done = cli("run", study)
        assert done.returncode == 0, done.stderr
        assert {"corpus", "train", "report"} <= {artifact.stage for artifact in Store(small).artifacts()}
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_control_c_ends_a_run_in_one_line(study: Path) -> None:
    plain = yaml.safe_load(study.read_text(encoding="utf-8"))
    plain["models"]["script"]["execution"]["delay_s"] = 1.0
    study.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    # A shell that starts tests in its background leaves this signal ignored to all that they start.
    heard = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from mintza.cli import main; main()"
    )
    command = [sys.executable, "-c", heard, "run", str(study)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        deadline = time.monotonic() + 60
        while not (study.parent / "requests.log").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "run again to go on" in err
