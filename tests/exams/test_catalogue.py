"""Every exam of the reference study: made from data sets with the real columns, and checked against the results as published."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from exams import hub_data
from mintza.errors import BadInput
from mintza.exams.definition import Definition, HubData, LmEvalData, shipped, taken
from mintza.exams.settings import ExamsSettings, Take
from mintza.exams.stage import account, fingerprint, items
from mintza.records import Item, Leaning

pytest.importorskip("lm_eval")
pytest.importorskip("datasets")

RESULTS = Path("/work/shared/data/lm_eval_results")
LANGUAGES = ("eus_Latn", "eng_Latn", "spa_Latn")
NAMES = [name for name in shipped() if name != "mintza_general"]
OUT_OF_RESULTS = {"openbookqa_es"}


@cache
def definition(name: str) -> Definition:
    (found,) = taken(ExamsSettings(take={name: Take()}), Path())
    return found.definition


def data_of(name: str) -> LmEvalData | HubData:
    (data,) = definition(name).languages.values()
    assert isinstance(data, LmEvalData | HubData)
    return data


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    parts = data_of("eus_exams_eu").parts
    bias = [
        (data.dataset, path)
        for data in (data_of("bbq"), data_of("basqbbq"))
        if isinstance(data, HubData)
        for files in data.parts.values()
        for path in files.values()
    ]
    hub_data.every_dataset(folder / "hub", [part.removeprefix("eus_exams_") for part in parts], bias)
    return folder


def made(base: Path, name: str, **changes: Any) -> list[Item]:
    return list(items(ExamsSettings(take={name: Take(**changes)}), base=base, languages=LANGUAGES))


def test_the_catalogue_is_the_references() -> None:
    languages = Counter(code for name in NAMES for code in definition(name).languages)

    # 15 Basque, 10 English, 4 Spanish with results, and openbookqa_es besides. bbq and basqbbq count among them.
    assert languages == {"eus_Latn": 15, "eng_Latn": 10, "spa_Latn": 5}


@pytest.mark.parametrize("name", NAMES)
def test_every_exam_can_be_made_from_a_data_set_that_was_brought(base: Path, name: str) -> None:
    found = made(base, name)
    asked = [item for item in found if not item.example]
    ids = {item.id for item in found}

    assert {item.shots for item in found} == {4 if name in ("bbq", "basqbbq") else 5}
    assert all(len(item.shown) == item.shots and set(item.shown) <= ids for item in asked)
    assert len(ids) == len(found)
    if name.startswith("mgsm"):
        assert all(item.target and item.writing and item.metric == "exact_match" for item in asked)
    else:
        assert all(0 <= item.answer < len(item.choices) and len(item.choices) >= 2 for item in asked)
    if name != "bl2mp":
        assert all(
            "Galdera" in item.prompt or "Erantzuna" in item.prompt for item in asked if "Galdera" in asked[0].prompt
        )
        assert len({item.prompt for item in asked}) > 1


def test_the_halves_of_bertaqa_are_apart(base: Path) -> None:
    local, world = ({item.prompt for item in made(base, f"bertaqa_eu_{half}")} for half in ("local", "global"))

    assert local
    assert world
    assert not local & world


@pytest.mark.parametrize("name", ["bbq", "basqbbq"])
def test_questions_on_stereotypes_say_which_choice_leans_to_them(base: Path, name: str) -> None:
    asked = [item for item in made(base, name) if not item.example]

    assert all(isinstance(item.leaning, Leaning) and item.leaning.unknown == 2 for item in asked)
    assert {item.leaning.biased for item in asked if isinstance(item.leaning, Leaning)} == {0, 1}


def test_a_file_of_bbq_is_taken_apart_by_its_contexts(base: Path) -> None:
    found = made(base, "bbq")
    by_part = {
        part: [i for i in found if i.part == f"bbq_Age_{part}" and not i.example] for part in ("ambig", "disambig")
    }

    assert [len(by_part["ambig"]), len(by_part["disambig"])] == [5, 4]
    assert {item.answer for item in by_part["ambig"]} == {2}
    assert {item.answer for item in by_part["disambig"]} == {0, 1}
    # All four rows of the examples' file are shown, whatever their contexts.
    assert {len(item.shown) for item in (*by_part["ambig"], *by_part["disambig"])} == {4}


def test_items_of_other_exams_are_written_without_a_leaning(base: Path) -> None:
    assert b"leaning" not in msgspec.json.encode(made(base, "eus_trivia")[0])
    assert b"leaning" in msgspec.json.encode(made(base, "bbq")[-1])


def test_the_parts_of_eus_exams_make_one_exam(base: Path) -> None:
    found = made(base, "eus_exams_eu")

    assert len({item.part for item in found}) == 29
    assert {item.exam for item in found} == {"eus_exams_eu"}
    assert all(key.startswith(f"{item.part}/") for item in found for key in item.shown)


def test_fewer_items_see_the_same_examples(base: Path) -> None:
    every = {item.id: item for item in made(base, "eus_trivia")}
    few = made(base, "eus_trivia", items=3, choose="seeded")

    assert [item.shown for item in few if not item.example] == [
        every[item.id].shown for item in few if not item.example
    ]
    assert len([item for item in few if not item.example]) == 3
    assert all(not item.shown for item in few if item.example)


def test_a_fingerprint_changes_with_the_data_set(base: Path) -> None:
    settings = ExamsSettings(take={"eus_reading": Take()})
    before = fingerprint(settings, base=base)
    file = base / "hub/HiTZ/EusReading/default/test.jsonl"
    kept = file.read_text()
    file.write_text(kept.replace("Testua 0", "Testu bat"))
    after = fingerprint(settings, base=base)
    file.write_text(kept)

    assert {name for name in before if before[name] != after[name]} == {"eus_reading/eus_Latn"}
    assert fingerprint(settings, base=base) == before
    assert set(before) == {"eus_reading", "eus_reading/eus_Latn", "lm_eval"}


def test_the_hubs_parquet_branch_gives_the_same_items(base: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    folder = tmp_path / "hub/HiTZ/EusTrivia/default/test"
    folder.mkdir(parents=True)
    rows = [hub_data.choices(n) for n in range(hub_data.ROWS)]
    for number, part in enumerate((rows[:4], rows[4:])):
        parquet.write_table(pa.Table.from_pylist(part), folder / f"{number:04}.parquet")

    assert made(tmp_path, "eus_trivia") == made(base, "eus_trivia")


def test_a_data_set_without_the_columns_is_named(tmp_path: Path) -> None:
    hub_data.dataset(tmp_path / "hub/HiTZ/EusTrivia", {"default": {"test": lambda n: {"galdera": str(n)}}})

    with pytest.raises(BadInput, match="cannot be made") as caught:
        made(tmp_path, "eus_trivia")

    assert caught.value.place == str(tmp_path / "hub/HiTZ/EusTrivia")


def test_an_answer_that_is_none_of_the_choices_is_named(tmp_path: Path) -> None:
    def row(n: int) -> dict[str, Any]:
        return {**hub_data.mmlu(n), "answer": 7 if n == 5 else 0}

    hub_data.dataset(tmp_path / "hub/HiTZ/MMLU_HT_es_sample", {"es": {"test": row}})

    with pytest.raises(BadInput, match="answer 7 is none of 4") as caught:
        made(tmp_path, "mmlu_es")

    assert caught.value.place == "question 00005"


def test_what_was_chosen_of_a_data_set_is_said(base: Path) -> None:
    settings = ExamsSettings(take={"mmlu_es": Take(items=4)})

    assert account(settings, base=base, languages=LANGUAGES) == [
        "mmlu_es: 4 items (the first) of HiTZ/MMLU_HT_es_sample in spa_Latn; 5 shots; judged by acc; licence not stated"
    ]


def configs() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Task, model's folder, configuration and the whole file, of every likelihood or written result."""
    for file in sorted(RESULTS.glob("*/*.json")):
        whole = json.loads(file.read_text())
        for task, config in whole.get("configs", {}).items():
            yield task, file.parent.name, config, whole


def exam_of(task: str) -> str:
    return next((n for n in ("eus_exams_eu", "basqbbq", "bbq") if task.startswith(f"{n}_")), task)


# lm-eval 0.4.13 against the forks of 2024 that made the results: the data set was renamed.
RENAMED = {"piqa": "baber/piqa", "openbookqa_es": "BSC-LT/openbookqa-es"}


@pytest.mark.skipif(not RESULTS.exists(), reason=f"no result files at {RESULTS}")
def test_prompts_choices_data_and_metric_are_those_of_the_published_results() -> None:
    from mintza.exams.lm_eval_tasks import _configs, _files

    ours = {}
    for name in NAMES:
        data = data_of(name)
        for part, config in _configs(data):
            ours[part or name] = (name, config, _files(data, part))
    seen = set()
    for task, model, theirs, whole in configs():
        if task not in ours or "gpt" in model:
            continue
        name, config, files = ours[task]
        seen.add(name)
        assert theirs["num_fewshot"] == definition(name).shots, task
        assert theirs["output_type"] == config.get("output_type", "multiple_choice"), task
        assert theirs.get("target_delimiter", " ") == config.get("target_delimiter", " "), task
        for key in ("doc_to_text", "doc_to_choice", "doc_to_target"):
            if not callable(config.get(key)):
                assert theirs.get(key) == config.get(key), f"{task} {key}"
        if files:
            # Theirs were cut by context beforehand; ours are cut as they are read.
            cut = [Path(one["path"]).name for one in theirs["dataset_kwargs"]["data_files"]]
            uncut = [re.sub("_(dis)?ambig", "", one) for one in cut] if name == "bbq" else cut
            assert uncut == [Path(path).name for path in files.values()]
        else:
            source = data_of(name).dataset
            assert source == theirs["dataset_path"] or RENAMED.get(name) == source, task
            assert config.get("dataset_name") == theirs.get("dataset_name"), task
        for split in ("test_split", "validation_split", "training_split", "fewshot_split"):
            assert theirs.get(split) == config.get(split), f"{task} {split}"
        assert f"{definition(name).metric},none" in whole["results"][task] or any(
            metric.startswith("exact_match,") for metric in whole["results"][task]
        )
    assert seen == set(NAMES) - OUT_OF_RESULTS
