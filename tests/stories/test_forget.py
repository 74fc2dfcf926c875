"""Somebody asks that a text be taken down: the next run leaves it out, and all that held it is named."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
import zstandard

from mintza.records import Document, Verdict
from mintza.store import Store

Cli = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def study(undisturbed: Path, tmp_path: Path) -> Path:
    """A copy of a study that ran whole, and a store that knows of no other."""
    shutil.copytree(undisturbed.parent, tmp_path / "study")
    path = tmp_path / "study" / undisturbed.name
    (tmp_path / "study" / "store" / "studies.json").write_text(json.dumps([str(path)]), encoding="utf-8")
    return path


def corpora(study: Path) -> dict[str, list[str]]:
    store = Store(study.parent / "store")
    return {
        one.key: [document.id for document in store.read(one, Document)]
        for one in store.artifacts()
        if one.stage == "corpus"
    }


def documents_of(study: Path) -> list[Document]:
    store = Store(study.parent / "store")
    return [
        one for artifact in store.artifacts() if artifact.stage == "corpus" for one in store.read(artifact, Document)
    ]


def test_a_text_is_taken_down_and_what_was_made_from_it_is_named(study: Path, cli: Cli) -> None:
    ((old, before),) = corpora(study).items()
    wanted = next(name for name in before if name.startswith("stories/"))
    text = next(one.text for one in documents_of(study) if one.id == wanted)
    assert holding(study.parent / "store", text.splitlines()[-1][:60])
    done = cli("corpus", "forget", study, wanted, "--reason", "the author asked")
    assert done.returncode == 0, done.stderr
    assert wanted in done.stdout
    made = [line.split()[0] for line in done.stdout.splitlines() if line.startswith("  ") and "/artifacts/" in line]
    store = Store(study.parent / "store")
    held = {f"{one.stage}/{one.cell}" if one.cell else one.stage for one in store.artifacts()}
    apart = {"corpus", "exams", "weights", "sample", "filter", "translate", "check"}
    # `overlap` is that of the corpus with the exams, `overlap/NAME` that of conversations.
    made_of_it = {name for name in held if name.partition("/")[0] not in apart and not name.startswith("overlap/")}
    assert set(made) == made_of_it
    (line,) = (study.parent / "tiny.forgotten.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(line).keys() == {"what", "reason", "on"}

    ran = cli("run", study, "--only", "corpus")
    assert ran.returncode == 0, ran.stderr
    (after,) = (names for key, names in corpora(study).items() if key != old)
    assert set(before) - set(after) == {wanted}
    again = cli("run", study, "--only", "corpus")
    assert "kept corpus" in again.stdout
    new = next(one for one in store.artifacts() if one.stage == "corpus" and one.key != old)
    assert [(one.record_id, one.excerpt) for one in store.read(new, Verdict) if one.step == "forgotten"] == [
        (wanted, "")
    ]
    assert cli("gc", study, "--yes").returncode == 0
    assert old not in corpora(study)
    assert cli("corpus", "forget", study, wanted, "--list").stdout == ""
    assert not holding(study.parent / "store", text.splitlines()[-1][:60])


def holding(folder: Path, words: str) -> list[str]:
    """Files below a folder in which the words stand; shards are unpacked."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            if path.suffix == ".zst":
                content = zstandard.ZstdDecompressor().stream_reader(content).read()
            if words.encode() in content or json.dumps(words).encode() in content:
                found.append(str(path.relative_to(folder)))
    return found


def test_a_name_that_no_corpus_holds_is_not_recorded_unless_one_insists(study: Path, cli: Cli) -> None:
    done = cli("corpus", "forget", study, "stories/nobody.txt")
    assert done.returncode == 1
    assert "no corpus in the store holds 'stories/nobody.txt'" in done.stderr
    assert not (study.parent / "tiny.forgotten.jsonl").exists()
    assert cli("corpus", "forget", study, "stories/nobody.txt", "--unseen").returncode == 0
    assert cli("corpus", "forget", study, "stories/nobody.txt", "--unseen").returncode == 0
    assert len((study.parent / "tiny.forgotten.jsonl").read_text(encoding="utf-8").splitlines()) == 1


def test_a_release_that_holds_what_was_taken_down_is_named_and_neither_made_nor_pushed(study: Path, cli: Cli) -> None:
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    settings["release"] = {"read_as": {"as the endpoint's terms say": "CC0-1.0"}, "hub": "herri"}
    study.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    old, new = study.parent / "old", study.parent / "new"
    assert cli("release", study, "--out", old).returncode == 0
    assert cli("verify", old, "--study", study).returncode == 0
    wanted, other = [name for name in sorted(*corpora(study).values()) if name.startswith("stories/")][:2]
    text = next(one.text for one in documents_of(study) if one.id == wanted).splitlines()[-1][:60]
    assert holding(old, text)

    told = cli("corpus", "forget", study, wanted, "--reason", "the author asked")
    assert f"{old}: a release that rests on corpus" in told.stdout
    found = cli("verify", old, "--study", study)
    assert found.returncode == 1
    assert "1 request" in found.stdout
    assert f"corpus/documents.jsonl.zst: it holds {wanted}, taken down on" in found.stdout
    assert cli("verify", old).returncode == 0, "without the study nobody can know"
    pushed = cli("release", study, "--out", old, "--push")
    assert pushed.returncode == 1
    assert "is not uploaded" in pushed.stderr
    refused = cli("release", study, "--out", new)
    assert refused.returncode == 1
    assert "tiny.forgotten.jsonl" in refused.stderr
    assert "mintza run" in refused.stderr
    assert not new.exists()

    settings["release"]["parts"] = ["corpus"]
    study.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    assert cli("run", study, "--only", "corpus").returncode == 0
    assert cli("release", study, "--out", new).returncode == 0
    assert not holding(new, text)
    assert cli("verify", new, "--study", study).returncode == 0
    cli("corpus", "forget", study, other)
    again = cli("verify", new, "--study", study).stdout
    assert f"it holds {other}" in again
    assert wanted not in again
    assert "before 1 request" in again
