"""What cannot be imported, or not twice, is named; what can is imported."""

import os
from pathlib import Path

import pytest

from benchmark.imports import imported, one, said
from result_files import content, put, scores


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('{"results": {"eus_trivia": {"acc,none": 0.5', "broken or cut JSON"),
        ("", "broken or cut JSON"),
        ("\x00\x01", "broken or cut JSON"),
        ("[" * 100_000, "broken or cut JSON"),
        ("[1, 2]", "no result file of lm-eval"),
        ({"results": {"all": {"acc": 0.5}}, "config_general": {}}, "no result file of lm-eval"),
        ({"results": [1], "configs": {}}, "no result file of lm-eval"),
        ({"results": {}, "configs": {}}, "no items and no task"),
        ('{"results": {"\\ud800": {"acc,none": 0.5}}, "configs": {}}', "broken or cut JSON"),
    ],
)
def test_a_file_that_is_no_result_is_named_and_the_rest_goes_on(tmp_path: Path, broken: object, words: str) -> None:
    put(tmp_path / "m", broken, "bad.json")
    put(tmp_path / "m", content({"eus_trivia": scores()}))

    found = imported(tmp_path)

    assert len(found.measurements) == 1
    assert said(found, "bad.json", words)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "0.5", None, True, 10**400])
def test_a_score_that_is_no_number_is_named_and_the_rest_goes_on(tmp_path: Path, value: object) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores(value=value), "piqa_eu": scores()}))

    found = imported(tmp_path)

    assert [m.exam for m in found.measurements] == ["piqa_eu"]
    assert said(found, "eus_trivia", "no finite number")


def test_a_task_without_items_is_left_out_and_one_that_does_not_say_is_kept(tmp_path: Path) -> None:
    plain = content({"eus_trivia": scores(), "piqa_eu": scores()})
    plain["n-samples"] = {"eus_trivia": {"original": 0, "effective": 0}}
    put(tmp_path / "m", plain)
    put(tmp_path / "empty", content({"eus_trivia": scores()}, items=0))

    found = imported(tmp_path)

    assert [(m.exam, m.items) for m in found.measurements] == [("piqa_eu", 0)]
    assert said(found, "eus_trivia", "no items, left out")
    assert said(found, "nothing of this model was imported: empty")


def test_two_results_for_one_cell_are_refused_and_the_rest_goes_on(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores(value=0.1), "piqa_eu": scores()}, date=2.0), "a.json")
    put(tmp_path / "m", content({"eus_trivia": scores(value=0.2)}, date=1.0), "b.json")

    found = imported(tmp_path)

    assert [m.exam for m in found.measurements] == ["piqa_eu"]
    assert [cell.task for cell in found.refused] == ["eus_trivia"]
    assert said(found, "a.json", "two results for one cell, refused", "b.json")


@pytest.mark.parametrize(("policy", "value"), [("newest", 0.1), ("first", 0.2)])
def test_a_policy_chooses_between_two_results(tmp_path: Path, policy: str, value: float) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores(value=0.2)}, date=1.0), "a.json")
    put(tmp_path / "m", content({"eus_trivia": scores(value=0.1)}, date=2.0), "b.json")

    found = imported(tmp_path, duplicates=policy)

    assert one(found, "eus_trivia").value == value
    assert found.refused == []
    assert said(found, "two results for one cell", policy)


def test_without_a_date_the_stamp_in_the_name_says_which_is_newer(tmp_path: Path) -> None:
    for stamp, value in (("2025-01-02T00-00-00.1", 0.9), ("2024-12-31T23-59-59.9", 0.1), ("2024-99-99T00-00-00", 0.2)):
        put(
            tmp_path / "m",
            content({"eus_trivia": scores(value=value)}, date="absent"),
            f"results_{stamp}.json",
        )

    assert one(imported(tmp_path, duplicates="newest"), "eus_trivia").value == 0.9


def test_a_folder_whose_name_says_nothing_of_the_model_is_said(tmp_path: Path) -> None:
    put(tmp_path / "outputs", content({"eus_trivia": scores()}, date=10**400))

    found = imported(tmp_path)

    assert [m.model for m in found.measurements] == ["outputs"]
    assert said(found, "outputs", "call otherwise: org/model")


def test_a_folder_whose_name_is_not_utf_8_is_imported(tmp_path: Path) -> None:
    put(tmp_path / os.fsdecode(b"org__mod\xffel"), content({"eus_trivia": scores()}))

    assert [m.model for m in imported(tmp_path).measurements] == ["mod?el"]


def test_other_shots_or_a_template_make_another_cell(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores()}), "a.json")
    put(tmp_path / "m", content({"eus_trivia": scores()}) | {"n-shot": {"eus_trivia": 0}}, "b.json")
    put(tmp_path / "m", content({"eus_trivia": scores()}, chat_template="{{ x }}"), "c.json")

    found = imported(tmp_path)

    assert found.refused == []
    assert [(m.shots, m.template is not None) for m in found.measurements] == [(5, False), (0, False), (5, True)]


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    path = put(tmp_path / "m", content({"eus_trivia": scores()}))

    assert len(imported(tmp_path, path, tmp_path / "m").measurements) == 1


def test_a_path_that_is_not_there_and_a_folder_without_results_are_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / ".hidden").mkdir()
    put(tmp_path / "empty" / ".ipynb_checkpoints", content({"eus_trivia": scores()}))

    found = imported(tmp_path / "nowhere", tmp_path / "empty")

    assert found.measurements == []
    assert [o.what for o in found.oddities] == ["there is no such file or folder", "the folder holds no .json file"]
