"""`mintza check` names every file that a person is to bring, and `mintza run` refuses with the same words."""

import hashlib
from pathlib import Path
from typing import Any

import pytest
import yaml

from mintza.errors import MissingPart
from mintza.pipeline.check import check
from mintza.pipeline.plan import make_plan
from mintza.pipeline.run import refuse_missing
from mintza.study import load, write_starter

DEMO = Path(__file__).parents[2] / "studies" / "demo.yaml"
WRITTEN = {"kind": "written", "language": "eus_Latn"}
NOWHERE = {"source": {"kind": "jsonl", "path": "nowhere", "license": "CC0-1.0"}}
QUIZ = {
    "name": "quiz",
    "title": "A quiz",
    "category": "knowledge",
    "license": "CC0-1.0",
    "citation": None,
    "metric": "acc",
    "shots": 0,
    "languages": {"eus_Latn": {"kind": "file", "path": "quiz.jsonl", "question": "Galdera:", "answer": "Erantzuna:"}},
}


def needs(tmp_path: Path, **keys: Any) -> str:
    plain = yaml.safe_load(DEMO.read_text(encoding="utf-8"))
    plain["execution"] = {"store": "store"}
    for key, value in keys.items():
        plain[key] = plain.get(key, {}) | value if isinstance(value, dict) else value
    path = tmp_path / "mine.yaml"
    path.write_text(yaml.safe_dump(plain, sort_keys=False), encoding="utf-8")
    found = check(load(path)).needs
    assert all(need.remedy for need in found)
    return "\n".join(need.what for need in found)


def test_a_study_with_everything_needs_nothing(tmp_path: Path) -> None:
    assert needs(tmp_path) == ""


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"components": {"written": WRITTEN | {"data": NOWHERE}}}, "nowhere: there is no such file or folder"),
        ({"votes": "votes.json"}, "votes.json: this file of votes cannot be read"),
        ({"votes": "."}, "Is a directory"),
        ({"corpus": {"filters": {"language": {"drop_varieties": ["zuberera"]}}}}, "there is no variety 'zuberera'"),
        ({"models": {"m": {"provider": "scripted", "replies": "none.yaml"}}}, "model 'm': there is no file none.yaml"),
        ({"benchmark": {"right_language": {"prompts": {"kind": "file", "path": "none.jsonl"}}}}, "none.jsonl"),
        ({"execution": {"store": "mine.yaml"}}, "mine.yaml is a file"),
        ({"exams": {"definitions": ["quiz.yaml"], "take": {"quiz": {}}}}, "quiz.jsonl: the questions cannot be read"),
    ],
)
def test_what_a_person_is_to_bring_is_named_before_anything_runs(
    tmp_path: Path, keys: dict[str, Any], said: str
) -> None:
    (tmp_path / "quiz.yaml").write_text(yaml.safe_dump(QUIZ), encoding="utf-8")
    assert said in needs(tmp_path, **keys)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"kind": "folder", "path": "nowhere"}, "nowhere: backbone 'one'"),
        ({"kind": "gguf", "path": "mine.yaml"}, "mine.yaml: backbone 'one': this is not a whole GGUF file"),
        ({"kind": "folder", "path": "nowhere", "template": "none.jinja"}, "nowhere"),
    ],
)
def test_a_backbone_that_is_not_there_is_named_with_its_path(
    tmp_path: Path, settings: dict[str, Any], said: str
) -> None:
    one = {"one": {**settings, "license": "MIT", "instructed": True}}
    assert said in needs(tmp_path, backbones=one)


def test_an_identifier_that_was_learned_again_is_not_the_one_that_was_named(tmp_path: Path) -> None:
    folder = tmp_path / "languages" / "eus_Latn"
    folder.mkdir(parents=True)
    (folder / "own.identifier").write_bytes(b"learned again")
    for named, said in (
        (hashlib.sha256(b"learned").hexdigest(), "its sha256 is"),
        (hashlib.sha256(b"learned again").hexdigest(), ""),
    ):
        model = {"kind": "ngrams", "file": "own.identifier", "sha256": named}
        (folder / "identifiers.yaml").write_text(yaml.safe_dump({"models": [model]}), encoding="utf-8")
        told = needs(tmp_path)
        assert said in told if said else not told


def test_a_gap_in_any_field_of_a_language_stops_the_run_and_not_only_the_check(tmp_path: Path) -> None:
    path = tmp_path / "xyz.yaml"
    write_starter("xyz_Latn", path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Una prebatina", encoding="utf-8")
    folder = tmp_path / "languages" / "xyz_Latn" / "language.yaml"
    whole = folder.read_text(encoding="utf-8").replace("py3langid: null", "py3langid: an")
    fields = [line.partition(":")[0] for line in whole.splitlines() if "FILL IN" in line and not line.startswith("#")]
    assert len(fields) == 7
    for left in (*fields, None):
        lines = [
            line if line.startswith((f"{left}:", "#")) else line.replace("FILL IN: ", "") for line in whole.splitlines()
        ]
        folder.write_text("\n".join(lines), encoding="utf-8")
        found = [need.what for need in check(load(path)).needs]
        nodes = list(make_plan(load(path)).nodes.values())
        if left is None:
            assert found == []
            refuse_missing(nodes)
            continue
        assert found == [f"languages/xyz_Latn/language.yaml has gaps: {left}"]
        with pytest.raises(MissingPart, match="nothing was started") as caught:
            refuse_missing(nodes)
        assert f"has gaps: {left}" in caught.value.remedy


def test_the_corpus_waits_for_the_languages_names_and_not_for_what_models_are_told_in_it(tmp_path: Path) -> None:
    path = tmp_path / "xyz.yaml"
    write_starter("xyz_Latn", path)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("Una prebatina", encoding="utf-8")
    folder = tmp_path / "languages" / "xyz_Latn" / "language.yaml"
    plan = make_plan(load(path))
    with pytest.raises(MissingPart, match="nothing was started") as caught:
        refuse_missing([plan.nodes["corpus"]])
    assert "has gaps: name, endonym (for corpus)" in caught.value.remedy
    assert "no identifier knows xyz_Latn (for corpus): learn one: `mintza corpus identifier " in caught.value.remedy
    named = folder.read_text(encoding="utf-8").replace("FILL IN: its name in", "Xyz in")
    folder.write_text(named.replace("py3langid: null", "py3langid: an"), encoding="utf-8")
    refuse_missing([make_plan(load(path)).nodes["corpus"]])
    with pytest.raises(MissingPart, match="nothing was started"):
        refuse_missing(list(make_plan(load(path)).nodes.values()))


def test_the_corpus_stays_when_what_models_are_told_changes_and_not_when_its_identifier_does(tmp_path: Path) -> None:
    path = tmp_path / "xyz.yaml"
    write_starter("xyz_Latn", path)
    folder = tmp_path / "languages" / "xyz_Latn" / "language.yaml"
    whole = folder.read_text(encoding="utf-8").replace("FILL IN: ", "")

    def keys(text: str) -> dict[str, dict[str, Any]]:
        folder.write_text(text, encoding="utf-8")
        plan = make_plan(load(path))
        return {
            name: plan.nodes[name].settings for name in ("corpus", "sample/sampled", "answer/smollm2-135m-instruct")
        }

    first = keys(whole)
    told = keys(whole.replace("chat_system_prompt: ", "chat_system_prompt: Xyz. "))
    assert told["corpus"] == first["corpus"]
    assert told["answer/smollm2-135m-instruct"] != first["answer/smollm2-135m-instruct"]
    identified = keys(whole.replace("pycld2: null", "pycld2: eu"))
    assert identified["corpus"] != first["corpus"]
