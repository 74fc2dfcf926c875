"""Definitions become items, or one error that names its place."""

import hashlib
import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from mintza.errors import BadInput, MissingPart, StudyError
from mintza.exams.definition import shipped, taken
from mintza.exams.settings import ExamsSettings, Take
from mintza.exams.stage import REVISIONS, account, fingerprint, items, requirements

GOLDEN = "0ec5e4d9"


def exam(folder: Path, name: str = "colours", ids: int = 6, **changes: Any) -> ExamsSettings:
    """An exam in Basque and English, written into a folder; its settings take all of it."""
    for code, word in (("eus_Latn", "Zein da"), ("eng_Latn", "Which is")):
        lines = [
            {"id": f"q{n}", "question": f"{word} {n}?", "choices": ["bat", f"bi {n}", "hiru"], "answer": n % 3}
            for n in range(ids)
        ]
        (folder / f"{name}.{code}.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    definition: dict[str, Any] = {
        "name": name,
        "title": "Colours",
        "category": "knowledge",
        "license": "CC0-1.0",
        "languages": {
            "eus_Latn": {
                "kind": "file",
                "path": f"{name}.eus_Latn.jsonl",
                "question": "Galdera:",
                "answer": "Erantzuna:",
            },
            "eng_Latn": {
                "kind": "file",
                "path": f"{name}.eng_Latn.jsonl",
                "question": "Question:",
                "answer": "Answer:",
            },
        },
    }
    definition.update(changes)
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(definition, sort_keys=False))
    return ExamsSettings(take={name: Take()}, definitions=(f"{name}.yaml",))


def take(settings: ExamsSettings, **changes: Any) -> ExamsSettings:
    (name,) = settings.take
    return ExamsSettings(take={name: Take(**changes)}, definitions=settings.definitions)


BOTH = ("eus_Latn", "eng_Latn")


def test_the_same_exam_gives_the_same_bytes(tmp_path: Path) -> None:
    found = list(items(take(exam(tmp_path), shots=1, items=3), base=tmp_path, languages=BOTH))

    digest = hashlib.sha256(b"".join(msgspec.json.encode(item) + b"\n" for item in found)).hexdigest()
    assert digest[:8] == GOLDEN, f"the bytes of items changed: raise REVISIONS['exams'] (now {REVISIONS}) and GOLDEN"


def test_an_item_says_how_it_is_to_be_asked(tmp_path: Path) -> None:
    first = next(items(exam(tmp_path), base=tmp_path, languages=BOTH))

    assert first.prompt == "Galdera: Zein da 0?\nErantzuna:"
    assert (first.exam, first.id, first.language, first.category) == ("colours", "q0", "eus_Latn", "knowledge")
    assert (first.metric, first.shots, first.example, first.license) == ("acc", 0, False, "CC0-1.0")


def test_a_language_that_the_exam_lacks_is_left_out(tmp_path: Path) -> None:
    found = items(exam(tmp_path), base=tmp_path, languages=("spa_Latn", "eng_Latn"))

    assert {item.language for item in found} == {"eng_Latn"}


def test_examples_come_first_and_are_never_examined(tmp_path: Path) -> None:
    settings = take(exam(tmp_path), shots=2, items=3)

    found = [item for item in items(settings, base=tmp_path, languages=BOTH) if item.language == "eus_Latn"]

    assert [(item.id, item.example) for item in found] == [
        ("q0", True), ("q1", True), ("q2", False), ("q3", False), ("q4", False),
    ]  # fmt: skip
    assert {item.shots for item in found} == {2}


@given(seed=st.integers(0, 50), count=st.integers(1, 6))
def test_a_seeded_choice_is_the_same_in_every_language(
    tmp_path_factory: pytest.TempPathFactory, seed: int, count: int
) -> None:
    folder = tmp_path_factory.mktemp("exam")
    settings = take(exam(folder), items=count, choose="seeded", seed=seed)

    found = list(items(settings, base=folder, languages=BOTH))

    by_language = {code: [item.id for item in found if item.language == code] for code in BOTH}
    assert by_language["eus_Latn"] == by_language["eng_Latn"]
    assert len(set(by_language["eus_Latn"])) == count
    assert by_language["eus_Latn"] == sorted(by_language["eus_Latn"])


def test_a_seeded_choice_does_not_hang_on_the_order_of_the_file(tmp_path: Path) -> None:
    settings = take(exam(tmp_path), items=3, choose="seeded")
    before = {item.id for item in items(settings, base=tmp_path, languages=BOTH)}
    for file in tmp_path.glob("*.jsonl"):
        file.write_text("".join(reversed(file.read_text().splitlines(keepends=True))))

    assert {item.id for item in items(settings, base=tmp_path, languages=BOTH)} == before


def test_what_was_chosen_is_said(tmp_path: Path) -> None:
    settings = exam(tmp_path)

    assert account(take(settings, items=4), base=tmp_path, languages=BOTH) == [
        "colours: 4 of 6 items (the first), the same in eus_Latn, eng_Latn; 0 shots; judged by acc; licence CC0-1.0"
    ]
    assert "all" in account(settings, base=tmp_path, languages=BOTH)[0]


GOOD = '{"id": "a", "question": "?", "choices": ["x", "y"], "answer": 0}'


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ('{"id": "b", "question": "?"', "not a question"),
        ('{"id": "b", "question": "?", "choices": ["x", "y"]}', "answer"),
        ('{"id": "b", "question": "?", "choices": ["x", "y"], "answer": 2}', "count from 0"),
        ('{"id": "b", "question": "?", "choices": ["x", "y"], "answer": -1}', "count from 0"),
        ('{"id": "b", "question": "?", "choices": ["x"], "answer": 0}', "choice"),
        ('{"id": "b", "question": "?", "choices": ["x", "x"], "answer": 0}', "same"),
        ('{"id": "b", "question": "?", "choices": ["x", " "], "answer": 0}', "empty"),
        ('{"id": "b", "question": " ", "choices": ["x", "y"], "answer": 0}', "empty"),
        ('{"id": "b", "question": "?", "choices": ["x", "y"], "answer": 0, "answr": 1}', "answr"),
        (GOOD, "earlier line"),
    ],
)
def test_a_broken_line_is_named_by_file_and_number(tmp_path: Path, line: str, says: str) -> None:
    settings = exam(tmp_path)
    (tmp_path / "colours.eus_Latn.jsonl").write_text(f"{GOOD}\n\n{line}\n")

    with pytest.raises(BadInput, match=says) as caught:
        list(items(settings, base=tmp_path, languages=BOTH))

    assert caught.value.place.endswith("colours.eus_Latn.jsonl:3")
    assert caught.value.remedy


def test_bytes_that_are_not_utf8_are_named_by_their_line(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    (tmp_path / "colours.eus_Latn.jsonl").write_bytes(GOOD.replace("?", "\xf1").encode("latin-1"))

    with pytest.raises(BadInput) as caught:
        list(items(settings, base=tmp_path, languages=BOTH))

    assert caught.value.place.endswith(":1")


def test_an_item_that_one_language_lacks_is_named(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    file = tmp_path / "colours.eng_Latn.jsonl"
    file.write_text("".join(file.read_text().splitlines(keepends=True)[:-1]))

    with pytest.raises(BadInput, match="'q5'") as caught:
        list(items(settings, base=tmp_path, languages=BOTH))

    assert caught.value.place == str(file)


def test_a_trial_takes_what_there_is_where_an_exam_is_shorter_and_says_how_many(tmp_path: Path) -> None:
    for most, many in ((4, 4), (12, 6)):
        settings = take(exam(tmp_path), at_most=most)
        assert len(list(items(settings, base=tmp_path, languages=("eus_Latn",)))) == many
        assert account(settings, base=tmp_path, languages=("eus_Latn",))[0].startswith(f"colours: {many} of 6 items")


def test_a_setting_that_came_later_leaves_the_keys_of_exams_alone(tmp_path: Path) -> None:
    assert "at_most" not in exam(tmp_path).bearing()["take"]["colours"]
    assert take(exam(tmp_path), at_most=4).bearing()["take"]["colours"]["at_most"] == 4


@pytest.mark.parametrize(("changes", "says"), [({"items": 7}, "6 items"), ({"shots": 6}, "6 are shown")])
def test_more_items_than_there_are_cannot_be_taken(tmp_path: Path, changes: dict[str, int], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        list(items(take(exam(tmp_path), **changes), base=tmp_path, languages=BOTH))


def test_an_exam_in_none_of_the_studys_languages_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="eus_Latn, eng_Latn"):
        list(items(exam(tmp_path), base=tmp_path, languages=("cym_Latn",)))


def test_a_data_file_that_is_missing_or_empty_is_named(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    file = tmp_path / "colours.eus_Latn.jsonl"
    file.write_text("\n")
    with pytest.raises(BadInput, match="no question"):
        list(items(settings, base=tmp_path, languages=BOTH))
    file.unlink()
    with pytest.raises(BadInput, match="cannot be read"):
        fingerprint(settings, base=tmp_path)


def test_an_unknown_exam_is_refused_with_those_that_are_known() -> None:
    with pytest.raises(StudyError) as caught:
        taken(ExamsSettings(take={"eus_trivial": Take()}), Path())

    assert "eus_trivia" in caught.value.remedy


def test_an_exam_cannot_be_defined_twice(tmp_path: Path) -> None:
    settings = exam(tmp_path, name="eus_trivia")

    with pytest.raises(StudyError, match="twice"):
        taken(settings, tmp_path)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"shots": -1}, "shots"),
        ({"languages": {}}, "languages"),
        ({"metric": "exact_match"}, "choices"),
        ({"licence": "MIT"}, "licence"),
    ],
)
def test_a_definition_that_says_something_wrong_is_named(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    settings = exam(tmp_path, **changes)

    with pytest.raises(BadInput, match=says) as caught:
        taken(settings, tmp_path)

    assert caught.value.place.endswith("colours.yaml")


def test_a_definition_that_is_not_yaml_is_named_by_its_line(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    (tmp_path / "colours.yaml").write_text("name: colours\ntitle: [\n")

    with pytest.raises(BadInput, match="not YAML") as caught:
        taken(settings, tmp_path)

    assert ".yaml:" in caught.value.place


def test_a_key_that_a_definition_says_twice_is_named_by_its_line(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    with (tmp_path / "colours.yaml").open("a", encoding="utf-8") as file:
        file.write("shots: 2\nshots: 5\n")

    with pytest.raises(BadInput, match="the key 'shots' is written twice") as caught:
        taken(settings, tmp_path)

    lines = (tmp_path / "colours.yaml").read_text(encoding="utf-8").splitlines()
    assert caught.value.place == f"{tmp_path / 'colours.yaml'}:{len(lines)}"
    assert caught.value.remedy.startswith("keep one (the first is on line")


def test_a_fingerprint_changes_with_the_questions_and_with_the_definition(tmp_path: Path) -> None:
    settings = exam(tmp_path)
    before = fingerprint(settings, base=tmp_path)
    (tmp_path / "colours.eng_Latn.jsonl").write_text(GOOD)
    after = fingerprint(settings, base=tmp_path)

    assert set(before) == {"colours", "colours/eus_Latn", "colours/eng_Latn"}
    assert {name for name in before if before[name] != after[name]} == {"colours/eng_Latn"}


def test_data_sets_that_were_not_brought_are_one_error_with_a_command_each(tmp_path: Path) -> None:
    settings = ExamsSettings(
        take={name: Take() for name in ("eus_trivia", "piqa", "bertaqa_eu_local", "bertaqa_eu_global")}
    )

    (missing,) = requirements(settings, base=tmp_path)

    assert missing.place == f"exams in {tmp_path / 'hub'}"
    assert "3 data sets" in missing.message
    assert "HiTZ/BertaQA (for bertaqa_eu_global, bertaqa_eu_local)" in missing.message
    assert missing.remedy.count("hf download") == 3
    assert "hf download baber/piqa --repo-type dataset --revision main --local-dir hub/baber/piqa" in missing.remedy
    assert str(tmp_path / "hub") in missing.remedy
    with pytest.raises(MissingPart, match="HiTZ/EusTrivia"):
        list(items(settings, base=tmp_path, languages=BOTH))
    with pytest.raises(MissingPart, match="3 data sets"):
        fingerprint(settings, base=tmp_path)


def test_questions_of_a_package_that_is_not_installed_are_missing(tmp_path: Path) -> None:
    data = {"kind": "package", "package": "no_such_package", "path": "x.jsonl", "question": "Q", "answer": "A"}
    settings = exam(tmp_path, languages={"eus_Latn": data})

    assert [error.message for error in requirements(settings, base=tmp_path)] == [
        "the package no_such_package is not installed"
    ]


@pytest.mark.parametrize("name", shipped())
def test_every_definition_that_comes_with_mintza_can_be_read(name: str) -> None:
    (found,) = taken(ExamsSettings(take={name: Take()}), Path())

    assert found.definition.name == name
    assert found.place == f"{name}.yaml"
