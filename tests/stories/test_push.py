"""A release goes to a hub, one of our own on the loopback: private, in the right places, and on again where it was cut."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from hub import TOKEN, Hub
from mintza.release.verify import verify
from stories.conftest import votes

RELEASE = {"name": "Tiny", "hub": "herri", "gguf": True, "read_as": {"as the endpoint's terms say": "CC0-1.0"}}
WHERE = {
    "model herri/Tiny-tiny.corpus.s1": "models/tiny.corpus.s1",
    "model herri/Tiny-tiny.corpus-sampled.s1": "models/tiny.corpus+sampled.s1",
    "dataset herri/Tiny-sampled": "data/sampled",
    "dataset herri/Tiny-corpus": "corpus",
    "dataset herri/Tiny-votes": "votes",
    "dataset herri/Tiny-release": ".",
}


@pytest.fixture
def study(undisturbed: Path, tmp_path: Path) -> Path:
    """The undisturbed study with votes and somebody to upload as."""
    for name in ("backbone", "replies.yaml", "store"):
        (tmp_path / name).symlink_to(undisturbed.parent / name)
    (tmp_path / "votes.jsonl").write_text(votes(), encoding="utf-8")
    settings = yaml.safe_load(undisturbed.read_text(encoding="utf-8"))
    settings |= {"release": RELEASE, "votes": "votes.jsonl"}
    (tmp_path / "tiny.yaml").write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    return tmp_path / "tiny.yaml"


def pushed(study: Path, hub: Hub, **changed: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HF_")},
        "HF_ENDPOINT": hub.url,
        "HF_TOKEN": TOKEN,
        "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(study.parent / "hf"),
        "COLUMNS": "200",
        "NO_PROXY": "127.0.0.1",
        "HF_HUB_DISABLE_PROGRESS_BARS": "1",
        **changed,
    }
    return subprocess.run(
        [sys.executable, "-m", "mintza.cli", "release", study, "--out", study.parent / "release", "--push"],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
        timeout=240,
    )


def assembled(hub: Hub, folder: Path) -> Path:
    """The release as a stranger puts it together from the hub's repositories."""
    for (kind, name), files in hub.repositories.items():
        for path, content in files.items():
            target = folder / WHERE[f"{kind} {name}"] / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
    return folder


def test_a_push_that_is_cut_goes_on_and_a_stranger_finds_the_release_whole(study: Path, tmp_path: Path) -> None:
    with Hub() as hub:
        hub.commits_left = 2
        cut = pushed(study, hub)
        assert cut.returncode == 1, cut.stdout
        assert "the hub cannot be reached" in cut.stderr
        assert "run the same command again" in cut.stderr
        assert "Traceback" not in cut.stderr
        sent = dict(hub.uploads)
        assert sent
        hub.commits_left = None
        told = pushed(study, hub)
        assert told.returncode == 0, told.stderr
        assert {f"{kind} {name}" for kind, name in hub.repositories} == set(WHERE)
        assert set(hub.uploads.values()) == {1}
        assert set(hub.private.values()) == {True}
        assert not list(verify(assembled(hub, tmp_path / "again")))
    models = tmp_path / "again" / "models"
    assert len(list(models.glob("*/*.Q8_0.gguf"))) == 2
    lines = [json.loads(line) for line in (tmp_path / "again" / "votes" / "votes.jsonl").read_text().splitlines()]
    assert {line["voter"] for line in lines if "voter" in line} == {"v-17"}

    elsewhere = pushed(study, Hub(1))
    assert elsewhere.returncode == 1
    assert "the hub cannot be reached" in elsewhere.stderr
    assert "there is no token" in pushed(study, hub, HF_TOKEN="").stderr
    assert "cannot be reached" in pushed(study, hub, HF_HUB_OFFLINE="1").stderr
    with Hub() as strict:
        refused = pushed(study, strict, HF_TOKEN="hf_another")
        assert "the hub refuses" in refused.stderr
        assert "401" in refused.stderr
