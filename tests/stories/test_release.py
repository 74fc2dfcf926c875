"""A study is released, and a stranger checks it: one flipped byte anywhere is found and named."""

import json
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest
import yaml

from mintza.records import Measurement
from mintza.release.cards import read_front_matter
from mintza.release.verify import verify
from stories.conftest import Cli, votes

TERMS = {"as the endpoint's terms say": "CC0-1.0"}


@pytest.fixture(scope="module")
def released(undisturbed: Path, cli: Cli, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The release of the tiny study, with a GGUF file of each model and what people judged."""
    folder = tmp_path_factory.mktemp("released") / "study"
    shutil.copytree(undisturbed.parent, folder)
    (folder / "votes.jsonl").write_text(votes(), encoding="utf-8")
    study = folder / undisturbed.name
    settings = yaml.safe_load(study.read_text(encoding="utf-8"))
    settings |= {"votes": "votes.jsonl", "release": {"gguf": True, "read_as": TERMS}}
    study.write_text(yaml.safe_dump(settings, sort_keys=False), encoding="utf-8")
    early = cli("release", study, "--out", folder / "early")
    assert "left out: the report, not made yet" in early.stdout, early.stderr
    assert cli("run", study).returncode == 0
    done = cli("release", study, "--out", folder / "release")
    assert done.returncode == 0, done.stderr
    assert "left out" not in done.stdout
    return folder / "release"


def beside(undisturbed: Path, folder: Path, **release: object) -> Path:
    """The undisturbed study with other settings of its release, on the same store."""
    for name in ("backbone", "replies.yaml", "store"):
        (folder / name).symlink_to(undisturbed.parent / name)
    settings = yaml.safe_load(undisturbed.read_text(encoding="utf-8"))
    path = folder / "tiny.yaml"
    path.write_text(yaml.safe_dump({**settings, "release": release}, sort_keys=False), encoding="utf-8")
    return path


def test_a_release_is_whole_by_our_check_and_by_sha256sum(released: Path, cli: Cli) -> None:
    done = cli("verify", released)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "whole: hashes, lineage, the numbers in the cards, the tables, the report\n"
    sums = subprocess.run(["sha256sum", "--check", "--quiet", "SHA256SUMS"], cwd=released, check=False)
    assert sums.returncode == 0


def test_the_script_that_makes_it_again_can_be_read_by_a_shell_and_pins_what_bore_on_the_results(
    released: Path,
) -> None:
    script = released / "reproduce.sh"
    assert subprocess.run(["sh", "-n", str(script)], check=False).returncode == 0
    pinned = {
        f'"{name}=={version}"'
        for path in (released / "lineage").glob("*.json")
        for name, version in json.loads(path.read_text(encoding="utf-8"))["libraries"].items()
        if version != "absent"
    }
    text = script.read_text(encoding="utf-8")
    assert len(pinned) > 3
    assert all(text.count(one) == 1 for one in pinned)
    assert "mintza run study/tiny.yaml\n" in text


def test_a_flipped_byte_in_any_file_is_found_and_the_file_named(released: Path) -> None:
    paths = sorted(path for path in released.rglob("*") if path.is_file())
    assert {"votes.jsonl", "measurements.jsonl", "conversations.jsonl.zst"} <= {path.name for path in paths}
    assert sum(path.suffix == ".gguf" for path in paths) == 2
    for number, path in enumerate(paths):
        whole = path.read_bytes()
        if not whole:
            continue
        spoiled = bytearray(whole)
        spoiled[number * 7919 % len(whole)] ^= 1
        path.write_bytes(spoiled)
        try:
            faults = [f"{fault.path} {fault.what}" for fault in verify(released)]
        except Exception as error:
            faults = [str(error)]
        path.write_bytes(whole)
        assert any(path.relative_to(released).as_posix() in fault for fault in faults), (path, faults)
    assert not list(verify(released))


def test_a_number_changed_in_card_and_lists_is_still_found(released: Path, tmp_path: Path) -> None:
    from mintza.release.manifest import files_of, read_manifest, write_manifest

    copy = Path(shutil.copytree(released, tmp_path / "forged"))
    card = next((copy / "models").glob("*/README.md"))
    front = read_front_matter(card.read_text(encoding="utf-8"))
    value = front["model-index"][0]["results"][0]["metrics"][0]["value"]
    card.write_text(card.read_text(encoding="utf-8").replace(f"value: {value}", "value: 0.99", 1), encoding="utf-8")
    table = copy / "results" / "tables" / "benchmark-eus.csv"
    table.write_text(table.read_text(encoding="utf-8").replace("25.00", "99.00"), encoding="utf-8")
    other = next(path for path in (copy / "models").glob("*/README.md") if path != card)
    row = next(line for line in other.read_text(encoding="utf-8").splitlines() if "| bits_per_byte |" in line)
    other.write_text(other.read_text(encoding="utf-8").replace(row, row.replace(".", ".9", 1)), encoding="utf-8")
    figures = copy / "results" / "report" / "tables" / "measurements.csv"
    figures.write_text(figures.read_text(encoding="utf-8").replace("0.25", "0.75"), encoding="utf-8")
    write_manifest(copy, msgspec.structs.replace(read_manifest(copy), files=files_of(copy)))
    faults = list(verify(copy))
    assert {fault.kind for fault in faults} == {"cards", "tables", "report"}
    assert {fault.path for fault in faults if fault.kind == "cards"} == {
        path.relative_to(copy).as_posix() for path in (card, other)
    }


def test_a_manifest_missing_from_the_lineage_is_found(released: Path, tmp_path: Path) -> None:
    copy = Path(shutil.copytree(released, tmp_path / "gap"))
    next((copy / "lineage").glob("corpus-*.json")).unlink()
    assert any(fault.kind == "lineage" and "missing" in fault.what for fault in verify(copy))


def test_the_card_has_what_the_hub_reads_and_every_number_of_the_results(released: Path) -> None:
    card = (released / "models" / "tiny.corpus+sampled.s1" / "README.md").read_text(encoding="utf-8")
    front = read_front_matter(card)
    assert front["language"] == ["eu"]
    assert front["license"] == "apache-2.0"
    lines = (released / "results" / "measurements.jsonl").read_bytes().splitlines()
    own = [
        m
        for m in (msgspec.json.decode(line, type=Measurement) for line in lines)
        if m.model == "tiny.corpus+sampled.s1"
    ]
    told = [one for one in own if not one.metric.startswith("chosen_")]
    assert len(front["model-index"][0]["results"]) == len(told) > 0
    assert all(f"| {one.exam} | {one.language} | {one.metric} | {one.value:.4f} |" in card for one in told)
    assert "base_model" not in front, "a name that the hub does not know would be refused"
    assert 'AutoModelForCausalLM.from_pretrained("models/tiny.corpus+sampled.s1")' in card
    assert "apply_chat_template" in card
    assert "the source stories: CC0-1.0" in card
    assert "the source english" not in card


def test_licences_in_the_way_are_listed_and_nothing_is_written(undisturbed: Path, cli: Cli, tmp_path: Path) -> None:
    study = beside(undisturbed, tmp_path)
    done = cli("release", study, "--out", tmp_path / "release")
    assert done.returncode == 1
    assert "as the endpoint's terms say" in done.stderr
    assert "read_as" in done.stderr
    assert not (tmp_path / "release").exists()


def test_a_corpus_whose_sources_forbid_it_is_released_as_its_recipe(
    undisturbed: Path, cli: Cli, tmp_path: Path
) -> None:
    terms = {**TERMS, "CC0-1.0": "CC-BY-ND-4.0"}
    study = beside(undisturbed, tmp_path, read_as=terms, parts=["corpus"])
    assert cli("release", study, "--out", tmp_path / "release").returncode == 0
    assert [path.name for path in (tmp_path / "release" / "corpus").iterdir()] == ["README.md"]
    assert "changed work" in (tmp_path / "release" / "corpus" / "README.md").read_text(encoding="utf-8")
    assert not list(verify(tmp_path / "release"))


def test_a_folder_that_is_no_release_is_said_to_be_none(cli: Cli, tmp_path: Path) -> None:
    done = cli("verify", tmp_path)
    assert done.returncode == 1
    assert "there is no manifest" in done.stderr
    (tmp_path / "manifest.json").write_text(json.dumps({"name": 3}), encoding="utf-8")
    assert "spoiled" in cli("verify", tmp_path).stderr
