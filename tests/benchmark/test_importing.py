"""Results of lm-eval are imported as they lie in the wild: what is odd is named, and the rest goes on."""

from pathlib import Path
from typing import Any

import pytest

from benchmark.imports import TABLE, imported, odd, one, said
from mintza.benchmark.importing.tasks import Task
from result_files import CHOICE, LETTER, WRITTEN, content, put, scores

SAMPLE = Path(__file__).parents[3] / "shared" / "data" / "lm_eval_results"
TEN, THIRTY = {"original": 10, "effective": 10}, {"original": 30, "effective": 30}


def test_a_plain_result_becomes_a_measurement_with_all_that_the_file_says(tmp_path: Path) -> None:
    put(tmp_path / "org__model", content({"eus_trivia": scores(value=0.6, error=0.01)}, chat_template_sha="abc"))

    found = imported(tmp_path)

    assert odd(found) == []
    (only,) = found.measurements
    assert (only.model, only.exam, only.language, only.category) == ("model", "eus_trivia", "eus_Latn", "knowledge")
    assert (only.metric, only.value, only.items, only.shots) == ("acc,none", 0.6, 100, 5)
    assert (only.protocol, only.template, only.standing) == ("likelihood", "abc", "exam")
    assert (only.low, only.high) == pytest.approx((0.6 - 0.0196, 0.6 + 0.0196), abs=1e-5)


def test_a_model_is_called_by_its_folder_after_the_last_two_underscores(tmp_path: Path) -> None:
    for folder in ("HiTZ__Latxa-8B__exp_2_110", "HiTZ__Latxa-8B__exp_0_010", "gpt-4o"):
        put(tmp_path / folder, content({"eus_trivia": scores()}, model_name="HiTZ/Latxa-8B"))

    found = imported(tmp_path)

    assert {m.model for m in found.measurements} == {"exp_2_110", "exp_0_010", "gpt-4o"}
    assert said(found, "share one name", "HiTZ/Latxa-8B")


def test_one_model_under_two_names_stays_one_and_is_said(tmp_path: Path) -> None:
    put(tmp_path / "meta__Llama", content({"eus_trivia": scores()}, model_name="meta/Llama"), "a.json")
    put(tmp_path / "meta__Llama", content({"eus_reading": scores()}, model_name="meta/Meta-Llama"), "b.json")

    found = imported(tmp_path)

    assert {m.model for m in found.measurements} == {"Llama"}
    assert said(found, "several names", "meta/Llama, meta/Meta-Llama")


@pytest.mark.parametrize("arguments", ["pretrained=org/m,revision=exp_1", {"pretrained": "org/m", "revision": "exp_1"}])
def test_the_arguments_of_a_model_may_be_a_string_or_a_mapping(tmp_path: Path, arguments: object) -> None:
    config = {"model": "hf", "model_args": arguments}
    for folder in ("org__m__exp_1", "org__m__exp_2"):
        put(tmp_path / folder, content({"eus_trivia": scores()}, model_name="absent") | {"config": config})

    assert said(imported(tmp_path), "org/m, revision exp_1")


def test_a_standard_error_that_is_not_available_leaves_the_score(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores(error="N/A")}))

    found = imported(tmp_path)

    assert (one(found, "eus_trivia").low, one(found, "eus_trivia").high) == (None, None)
    assert odd(found) == [("eus_trivia", "the standard error is no number: 'N/A' for acc,none")]


def test_a_metric_named_by_a_blank_is_a_placeholder_and_further_keys_are_not_metrics(tmp_path: Path) -> None:
    row = {" ": " ", "alias": "x", "name": "eus_trivia", "sample_len": 100, **scores()}
    put(tmp_path / "m", content({"eus_trivia": row}, surprising={"a": 1}))

    found = imported(tmp_path)

    assert [m.metric for m in found.measurements] == ["acc,none"]
    assert odd(found) == [("eus_trivia", "a placeholder stands for a metric")]


def test_filters_spelt_in_two_ways_stay_two(tmp_path: Path) -> None:
    put(tmp_path / "a", content({"eus_trivia": scores("exact_match,strict_match")}, LETTER))
    put(tmp_path / "b", content({"mgsm_native_cot_eu": scores("exact_match,strict-match")}, WRITTEN))

    found = imported(tmp_path)

    assert [(m.metric, m.protocol) for m in found.measurements] == [
        ("exact_match,strict_match", "letter"),
        ("exact_match,strict-match", "generation"),
    ]
    assert said(found, "spelt in two ways", "strict-match and strict_match")


def test_a_group_without_shots_version_and_items_takes_them_from_its_tasks(tmp_path: Path) -> None:
    plain = content({"bbq": scores("acc,none", 0.7), "bbq_Age_ambig": scores(), "bbq_Age_disambig": scores()}, items=40)
    for key in ("configs", "versions", "n-shot", "n-samples"):
        del plain[key]["bbq"]
    plain["group_subtasks"] = {"bbq": ["bbq_Age_ambig", "bbq_Age_disambig"]}
    put(tmp_path / "m", plain)

    found = imported(tmp_path)

    assert (one(found, "bbq").items, one(found, "bbq").shots, one(found, "bbq").standing) == (80, 5, "exam")
    assert one(found, "bbq_Age_ambig").standing == "part"
    assert (one(found, "bbq_Age_ambig").language, one(found, "bbq_Age_ambig").category) == ("eng_Latn", "bias")
    assert odd(found) == []


def test_a_sum_of_exams_that_stand_for_themselves_is_no_exam(tmp_path: Path) -> None:
    names = ["bertaqa_eu", "bertaqa_eu_global", "bertaqa_eu_local"]
    plain = content({name: scores() for name in names}, group_subtasks={"bertaqa_eu": names[1:]})
    put(tmp_path / "m", plain)

    assert [m.standing for m in imported(tmp_path).measurements] == ["sum", "exam", "exam"]


@pytest.mark.parametrize("listed", [True, False])
def test_a_tag_without_aggregate_is_the_item_weighted_mean_of_its_tasks(tmp_path: Path, listed: bool) -> None:
    tasks = ["eus_exams_eu_a", "eus_exams_eu_b"]
    rows: dict[str, Any] = {"eus_exams_eu": {"alias": "eus_exams_eu"}} if listed else {}
    plain = content({**rows, tasks[0]: scores(value=0.2, error=0.1), tasks[1]: scores(value=0.6, error=0.2)})
    plain["n-samples"] = {tasks[0]: TEN, tasks[1]: THIRTY}
    plain["group_subtasks"] = {"eus_exams_eu": tasks} if listed else {}
    put(tmp_path / "m", plain)

    found = imported(tmp_path)

    whole = one(found, "eus_exams_eu")
    assert whole.value == pytest.approx(0.5)
    assert (whole.items, whole.standing) == (40, "exam")
    assert whole.high == pytest.approx(0.5 + 1.959964 * (0.025**2 + 0.15**2) ** 0.5)
    assert [one(found, task).standing for task in tasks] == ["part", "part"]
    assert said(found, "item-weighted mean of its parts", "m, 2 of 29 tasks")


def test_the_tasks_of_a_tag_may_lie_in_several_files(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"eus_exams_eu_a": scores(value=0.2)}), "a.json")
    put(tmp_path / "m", content({"eus_exams_eu_b": scores(value=0.6)}), "b.json")

    assert one(imported(tmp_path), "eus_exams_eu").value == pytest.approx(0.4)


def test_several_tasks_may_stand_in_one_file(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"eus_trivia": scores(), "piqa_eu": scores(), "piqa": scores()}))

    assert [m.exam for m in imported(tmp_path).measurements] == ["eus_trivia", "piqa_eu", "piqa"]


def test_items_are_those_that_were_asked_and_a_trial_is_said(tmp_path: Path) -> None:
    config = {"model": "hf", "model_args": "", "limit": 10}
    plain = content({"eus_trivia": scores()}, config=CHOICE) | {"config": config}
    plain["n-samples"] = {"eus_trivia": {"original": 1715, "effective": 10}}
    put(tmp_path / "m", plain)

    found = imported(tmp_path)

    assert one(found, "eus_trivia").items == 10
    assert said(found, "--limit 10")


def test_versions_of_a_task_side_by_side_are_said(tmp_path: Path) -> None:
    for model, version in (("a", 3.0), ("b", 4.0), ("c", "3"), ("d", 4)):
        row = scores("exact_match,flexible-extract")
        put(tmp_path / model, content({"mgsm_native_cot_en": row}, versions={"mgsm_native_cot_en": version}))

    assert said(imported(tmp_path), "mgsm_native_cot_en", "several versions", "3.0, 4.0")


def test_python_in_a_configuration_is_never_run(tmp_path: Path) -> None:
    trap = f"def process_docs(dataset):\n    open({str(tmp_path / 'ran')!r}, 'w')\n"
    config = {**CHOICE, "process_docs": trap, "doc_to_text": f"!function {trap}", "unsafe_code": True}
    put(tmp_path / "m", content({"eus_trivia": scores()}, config))

    assert len(imported(tmp_path).measurements) == 1
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("task", "language"),
    [
        ("belebele_fra_Latn", "fra_Latn"),
        ("belebele_srp_Cyrl_cot", "srp_Cyrl"),
        ("xnli_eu", "eus_Latn"),
        ("new-quiz-cym", "cym_Latn"),
        ("hellaswag", "und"),
        ("truthfulqa_mc1", "und"),
    ],
)
def test_an_unknown_task_is_kept_with_the_language_of_its_name_if_that_is_clear(
    tmp_path: Path, task: str, language: str
) -> None:
    put(tmp_path / "m", content({task: scores()}))

    found = imported(tmp_path)

    assert [(m.exam, m.language, m.category) for m in found.measurements] == [(task, language, "other")]
    assert said(found, task, "an unknown task")


def test_an_unknown_group_has_the_language_of_its_tasks_when_they_agree(tmp_path: Path) -> None:
    plain = content({name: scores() for name in ("same", "mixed", "quiz_eu", "test_eu", "quiz_en")})
    plain["group_subtasks"] = {"same": ["quiz_eu", "test_eu"], "mixed": ["quiz_eu", "quiz_en"]}
    put(tmp_path / "m", plain)

    found = imported(tmp_path)

    assert (one(found, "same").language, one(found, "mixed").language) == ("eus_Latn", "und")
    assert [m.standing for m in found.measurements] == ["exam", "exam", "part", "part", "part"]


def test_a_file_of_lm_eval_0_4_13_is_read_with_its_further_keys(tmp_path: Path) -> None:
    row = {"name": "bbq", "alias": "bbq", "sample_len": 40, "acc,none": 0.5, "sample_count": {"acc,none": 40}}
    plain = content({"bbq": row, "bbq_Age_ambig": {**scores(), "name": "x", "sample_len": 40}}, items=40)
    plain |= {"groups": {"bbq": row}, "group_subtasks": {"bbq": ["bbq_Age_ambig"]}, "lm_eval_version": "0.4.13"}
    plain["config"] = {"model": "hf", "model_args": {"pretrained": "org/m", "dtype": "bfloat16"}}
    plain["versions"] = {"bbq": "1.0", "bbq_Age_ambig": 1.0}
    put(tmp_path / "org__model", plain)

    found = imported(tmp_path)

    assert [(m.exam, m.metric, m.items) for m in found.measurements] == [
        ("bbq", "acc,none", 40),
        ("bbq_Age_ambig", "acc,none", 40),
    ]
    assert odd(found) == []


def test_files_of_lm_eval_before_0_4_are_read_too(tmp_path: Path) -> None:
    plain = {
        "results": {"piqa": {"acc": 0.5, "acc_stderr": 0.01, "acc_norm": 0.6, "acc_norm_stderr": 0.01}},
        "versions": {"piqa": 0},
        "config": {"model": "gpt2", "model_args": "pretrained=gpt2", "num_fewshot": 0},
    }
    put(tmp_path / "gpt2", plain)

    found = imported(tmp_path)

    assert [(m.metric, m.value, m.items) for m in found.measurements] == [
        ("acc,none", 0.5, 0),
        ("acc_norm,none", 0.6, 0),
    ]
    assert said(found, "before lm-eval 0.4")


def test_the_metric_that_an_exam_is_judged_by_comes_first(tmp_path: Path) -> None:
    put(tmp_path / "m", content({"basqbbq": {"bias,none": -8.4, "bias_stderr,none": "N/A", "acc,none": 0.5}}))

    assert [m.metric for m in imported(tmp_path).measurements] == ["acc,none", "bias,none"]


def test_every_task_of_the_table_agrees_with_its_definition() -> None:
    assert TABLE.get("eus_exams_eu") == Task("eus_exams_eu", "eus_Latn", "knowledge", "acc", parts=29)
    assert TABLE.get("mgsm_native_cot_es") == Task("mgsm_native_cot_es", "spa_Latn", "maths", "exact_match")


@pytest.mark.skipif(not SAMPLE.is_dir(), reason=f"{SAMPLE} is not there: the sample lies beside the checkout")
def test_every_file_of_the_sample_is_imported() -> None:
    found = imported(SAMPLE)

    assert found.files == len(list(SAMPLE.rglob("*.json"))) == 65
    assert found.refused == []
    assert {m.model for m in found.measurements} == {"Llama-3.1-8B-Instruct", "Latxa-Llama-3.1-8B", "gpt-4o-2024-11-20"}
    latxa = [m for m in found.measurements if m.model == "Latxa-Llama-3.1-8B" and m.metric == "acc,none"]
    (whole,) = [m for m in latxa if m.exam == "eus_exams_eu"]
    offices = ("city_council", "health_system", "public_office", "university")
    parts = [m for m in latxa if m.exam.startswith("eus_exams_eu_") and not m.exam.endswith(offices)]
    assert {m.standing for m in parts} == {"part"}
    weighted = sum(m.value * m.items for m in parts) / sum(m.items for m in parts)
    assert whole.items == 15724
    assert whole.value == pytest.approx(weighted)
    assert not any("left out" in o.what for o in found.oddities)
