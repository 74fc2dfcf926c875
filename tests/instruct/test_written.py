from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fakes import ENGLISH, split
from mintza.errors import BadInput, MissingPart
from mintza.instruct.settings import WrittenSettings
from mintza.instruct.stage import REVISIONS, fingerprint, written
from mintza.records import Conversation, Verdict

EXCHANGE = [{"role": "user", "content": "Why?"}, {"role": "assistant", "content": "Because."}]
ROW = {"messages": EXCHANGE, "license": "CC0-1.0"}


def settings(source: dict[str, Any], **chosen: Any) -> WrittenSettings:
    return WrittenSettings.model_validate_json(json.dumps({"source": source, **chosen}))


def run(folder: Path, *rows: Any, source: dict[str, Any] | None = None, **chosen: Any) -> list[Conversation | Verdict]:
    lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
    (folder / "own.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    asked = settings({"kind": "jsonl", "path": "own.jsonl", **(source or {})}, **chosen)
    return list(written(asked, base=folder, component="own", language=ENGLISH))


def test_a_line_becomes_a_conversation_with_its_licence_and_nobody_cut_it(tmp_path: Path) -> None:
    made, _ = split(run(tmp_path, {**ROW, "id": "first"}, ROW))
    assert [c.id for c in made] == ["first", "own-000001"]
    assert [(m.role, m.content, m.finish_reason) for m in made[0].messages] == [
        ("user", "Why?", None),
        ("assistant", "Because.", None),
    ]
    assert (made[0].provenance.source, made[0].provenance.license) == ("own.jsonl", "CC0-1.0")
    assert (made[0].component, made[0].language) == ("own", "eng_Latn")


def test_a_system_turn_may_stand_first_and_several_exchanges_may_follow(tmp_path: Path) -> None:
    made, _ = split(
        run(tmp_path, {**ROW, "messages": [{"role": "system", "content": "Be kind."}, *EXCHANGE, *EXCHANGE]})
    )
    assert [m.role for m in made[0].messages] == ["system", "user", "assistant", "user", "assistant"]


BAD = [
    ("{", "this line is no JSON"),
    ("[1]", "this is no JSON object"),
    ({"license": "CC0-1.0"}, "no list of messages under 'messages'"),
    ({**ROW, "messages": []}, "no list of messages"),
    ({**ROW, "messages": ["hello"]}, "a role is not"),
    ({**ROW, "messages": [{"role": "human", "content": "x"}]}, "a role is not"),
    ({**ROW, "messages": [EXCHANGE[0], {"role": "assistant", "content": " "}]}, "a message says nothing"),
    ({**ROW, "messages": [EXCHANGE[0], {"role": "assistant"}]}, "a message says nothing"),
    ({**ROW, "messages": [EXCHANGE[0], EXCHANGE[0]]}, "do not take turns"),
    ({**ROW, "messages": [EXCHANGE[1], EXCHANGE[0]]}, "do not take turns"),
    ({**ROW, "messages": [{"role": "system", "content": "x"}]}, "do not take turns"),
    ({**ROW, "messages": [EXCHANGE[0]]}, "the last turn is the user's"),
    ({"messages": EXCHANGE}, "no licence"),
]


@pytest.mark.parametrize(("row", "message"), BAD)
def test_a_bad_line_is_refused_with_its_place(tmp_path: Path, row: Any, message: str) -> None:
    with pytest.raises(BadInput, match=message) as caught:
        run(tmp_path, ROW, row)
    assert caught.value.place.startswith("own.jsonl:2")
    assert caught.value.remedy


@pytest.mark.parametrize(("row", "message"), BAD)
def test_a_bad_line_is_skipped_with_a_verdict_when_the_study_says_so(tmp_path: Path, row: Any, message: str) -> None:
    made, dropped = split(run(tmp_path, ROW, row, on_bad_input="skip"))
    assert len(made) == 1
    assert [(v.record_id, v.step, v.unit) for v in dropped] == [("own.jsonl:2", "written", "line")]
    assert message in dropped[0].reason


def test_an_id_stands_once(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="its id stands in an earlier row too"):
        run(tmp_path, {**ROW, "id": "a"}, {**ROW, "id": "a"})


def test_a_line_that_is_not_utf_8_is_refused_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "own.jsonl").write_bytes(b'{"messages": "\xff"}\n')
    with pytest.raises(BadInput, match="no JSON") as caught:
        list(written(settings({"kind": "jsonl", "path": "own.jsonl"}), base=tmp_path, component="o", language=ENGLISH))
    assert caught.value.place == "own.jsonl:1"


def test_a_file_without_conversations_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no conversation"):
        run(tmp_path, "")


def test_a_missing_file_is_refused_by_the_fingerprint_too(tmp_path: Path) -> None:
    asked = settings({"kind": "jsonl", "path": "nowhere.jsonl"})
    with pytest.raises(BadInput, match="no such file"):
        fingerprint(asked, base=tmp_path)
    with pytest.raises(BadInput, match="no such file"):
        list(written(asked, base=tmp_path, component="own", language=ENGLISH))


def test_prompts_and_answers_in_two_columns_and_rows_of_one_value_only(tmp_path: Path) -> None:
    rows = [
        {"inputs": "Zer?", "targets": "Hau.", "language_code": "eus"},
        {"inputs": "What?", "targets": "This.", "language_code": "eng"},
    ]
    source = {"prompt": "inputs", "answer": "targets", "license": "Apache-2.0", "only": {"language_code": "eus"}}
    made, dropped = split(run(tmp_path, *rows, source=source))
    assert [[m.content for m in c.messages] for c in made] == [["Zer?", "Hau."]]
    assert not dropped


def test_a_limit_takes_the_first(tmp_path: Path) -> None:
    made, _ = split(run(tmp_path, ROW, ROW, ROW, limit=2))
    assert [c.id for c in made] == ["own-000000", "own-000001"]


def test_a_folder_is_read_file_by_file_in_the_order_of_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({**ROW, "id": name}), encoding="utf-8")
    asked = settings({"kind": "jsonl", "path": "."})
    made, _ = split(written(asked, base=tmp_path, component="own", language=ENGLISH))
    assert [c.id for c in made] == ["a", "b"]


def test_the_fingerprint_changes_with_the_content_and_not_with_the_folder(tmp_path: Path) -> None:
    asked = settings({"kind": "jsonl", "path": "own.jsonl"})
    prints = []
    for folder, text in (("one", "x"), ("two", "x"), ("three", "y")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "own.jsonl").write_text(text, encoding="utf-8")
        prints.append(fingerprint(asked, base=tmp_path / folder))
    assert prints[0] == prints[1] != prints[2]
    assert list(prints[0]) == ["own.jsonl"]


def test_a_package_that_is_not_installed_is_named_with_what_brings_it(tmp_path: Path) -> None:
    asked = settings({"kind": "package", "package": "no_such_package_here", "path": "x.jsonl"})
    with pytest.raises(MissingPart, match="no_such_package_here") as caught:
        fingerprint(asked, base=tmp_path)
    assert "pip install" in caught.value.remedy


def test_the_conversations_of_the_demo_package_can_be_read(tmp_path: Path) -> None:
    if importlib.util.find_spec("mintza_demo") is None:
        pytest.skip("the package mintza_demo is not installed")
    asked = settings({"kind": "package", "package": "mintza_demo", "path": "conversations/eus_Latn.jsonl"})
    made, dropped = split(written(asked, base=tmp_path, component="own", language=ENGLISH))
    assert len(made) >= 50
    assert not dropped
    assert made[0].provenance.source == "mintza_demo/conversations/eus_Latn.jsonl"


OFFLINE = """
from pathlib import Path
from mintza.errors import MissingPart
from mintza.instruct.settings import HubSource
from mintza.instruct.sources import open_rows
try:
    list(open_rows(HubSource(repo="nobody/nothing-at-all", revision="v1"), base=Path()))
except MissingPart as error:
    print(error)
"""


def test_a_data_set_of_the_hub_that_cannot_be_had_is_named_with_what_brings_it(tmp_path: Path) -> None:
    without_network = {**os.environ, "HF_HUB_OFFLINE": "1", "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", OFFLINE], env=without_network, capture_output=True, text=True, check=True
    )
    assert "nobody/nothing-at-all@v1: the data set cannot be had here" in done.stdout
    assert "hf download --repo-type dataset nobody/nothing-at-all --revision v1" in done.stdout


def test_a_data_set_of_the_hub_is_pinned_by_its_revision(tmp_path: Path) -> None:
    one, other = (
        fingerprint(settings({"kind": "hub", "repo": "a/b", "revision": revision}), base=tmp_path)
        for revision in ("v1", "v2")
    )
    assert list(one) == ["a/b@v1"]
    assert list(one.values()) != list(other.values())


GOLDEN = ("48a6b065107ec6d2", 2)


def test_the_bytes_of_reading_change_only_with_its_revision(tmp_path: Path) -> None:
    records = run(tmp_path, ROW, {"messages": "x"}, {**ROW, "id": 7}, on_bad_input="skip")
    content = b"\n".join(msgspec.json.encode(record) for record in records)
    found = (hashlib.sha256(content).hexdigest()[:16], REVISIONS["written"])
    assert found == GOLDEN, "the bytes changed: raise REVISIONS['written'] and write the new digest here"
