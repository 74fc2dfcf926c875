"""corpus forget: what lies beyond the store's artifacts is named too."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import yaml
from click.testing import CliRunner

from mintza.cli import main
from mintza.store import Store
from mintza.study import load
from mintza.terminal.beyond import beyond
from tiny import write_study


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny study whose corpus is made, as if released twice, served and carded."""
    path = write_study(tmp_path_factory.mktemp("forget"))
    done = CliRunner().invoke(main, ["run", str(path), "--only", "corpus"])
    assert done.exit_code == 0, done.output
    store = Store(load(path).store)
    (corpus,) = (one for one in store.artifacts() if one.stage == "corpus")
    for name in ("release", "lost"):
        (path.parent / name / "lineage").mkdir(parents=True)
        (path.parent / name / "lineage" / "corpus.json").write_bytes(msgspec.json.encode(corpus))
        store.register_release(path.parent / name)
    (path.parent / "release" / "lineage" / "broken.json").write_text("{", encoding="utf-8")
    (path.parent / "lost").rename(path.parent / "moved")
    store.served_file(corpus.content_sha256).write_bytes(b"GGUF")
    (store.root / "cards" / "tiny").mkdir(parents=True)
    return path


def test_releases_served_files_and_cards_are_named(study: Path) -> None:
    done = CliRunner().invoke(main, ["corpus", "forget", str(study), "stories/*", "--list"])
    assert done.exit_code == 0, done.output
    told = done.output[done.output.index("beyond the store's artifacts:") :]
    assert f"{study.parent / 'release'}: a release that rests on corpus; make it anew" in told
    assert f"{study.parent / 'lost'}: a release was written there, which is not there any more" in told
    assert "the file that corpus is served from" in told
    assert "cards/tiny: may quote documents" in told


def test_a_card_that_was_written_elsewhere_is_named_while_it_is_of_these_documents(study: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    card = runner.invoke(main, ["corpus", "card", str(study), "--out", str(tmp_path / "card")])
    assert card.exit_code == 0, card.output
    listed = ["corpus", "forget", str(study), "stories/*", "--list"]
    assert f"{tmp_path / 'card'}: a card that may quote documents" in runner.invoke(main, listed).output
    (tmp_path / "card" / "README.md").write_bytes(b"another \xff")
    assert str(tmp_path / "card") not in runner.invoke(main, listed).output


def test_a_release_of_something_else_is_not_named(study: Path) -> None:
    loaded = load(study)
    told = list(beyond(loaded, Store(loaded.store), []))
    assert not any("rests on" in line or "served" in line for line in told)


def test_a_calibration_and_an_identifier_are_named_for_they_are_counts_of_texts(study: Path) -> None:
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    settings["corpus"]["filters"] = {"quality": {"calibration": "eus.json"}}
    other = study.parent / "apart" / "other.yaml"
    other.parent.mkdir()
    other.write_text(yaml.safe_dump(settings), encoding="utf-8")
    folder = other.parent / "languages" / "eus_Latn"
    folder.mkdir(parents=True)
    (folder / "eus.identifier").write_bytes(b"learned")
    model = {"kind": "ngrams", "file": "eus.identifier", "sha256": "0" * 64}
    (folder / "identifiers.yaml").write_text(yaml.safe_dump({"models": [model]}), encoding="utf-8")
    loaded = load(other)
    told = list(beyond(loaded, Store(loaded.store), []))
    assert any("eus.json: holds words" in line for line in told)
    assert any("eus.identifier: learned from sources" in line for line in told)


def test_a_served_file_goes_with_its_artifact(study: Path) -> None:
    store = Store(load(study).store)
    (corpus,) = (one for one in store.artifacts() if one.stage == "corpus")
    served = store.served_from(corpus)
    assert served is not None
    store.remove(corpus)
    assert not served.exists()
