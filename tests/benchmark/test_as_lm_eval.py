"""lm-eval's own run of its own tasks, through our adapter, and ours of the items: the same prompts, and scores equal to the last bit."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterable, Iterator
from contextlib import redirect_stderr
from pathlib import Path
from typing import Any

import pytest

from benchmark.test_answers import BASQUE, FakeModel
from exams import hub_data
from mintza.benchmark.harness import adapter
from mintza.benchmark.settings import BenchmarkSettings
from mintza.benchmark.stage import answer, measure
from mintza.exams.settings import ExamsSettings, Take
from mintza.exams.stage import items
from mintza.models.seam import Completion, Prompt, Sampling
from mintza.progress import silent
from mintza.records import Answer, Item, Measurement, Score

pytest.importorskip("lm_eval")
pytest.importorskip("datasets")

SHOTS = 5
# Name of the exam, its task's file in lm-eval, where its data set lies, its subset.
EXAMS = {
    "eus_trivia": ("eus_trivia/eus_trivia.yaml", "HiTZ/EusTrivia", "default"),
    "arc_eu_easy": ("basque_bench/arc_eu_easy.yaml", "HiTZ/ARC-eu", "ARC-Easy"),
    "belebele_eus_Latn": ("belebele/belebele_eus_Latn.yaml", "facebook/belebele", "eus_Latn"),
    "piqa_eu": ("basque_bench/piqa_eu.yaml", "HiTZ/PIQA-eu", "default"),
    "xstorycloze_eu": ("xstorycloze/default_eu.yaml", "juletxara/xstory_cloze", "eu"),
    "mgsm_native_cot_eu": ("basque_bench/mgsm_native_cot_eu.yaml", "HiTZ/MGSM-eu", "default"),
}


class Writer(FakeModel):
    """A FakeModel that also continues texts: with the number in the question or with its double."""

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        for prompt in prompts:
            number = int(prompt.text.rsplit(" + ", 1)[1].split("?")[0])
            text = f" Beraz, Erantzuna {2 * number if number % 2 else number} da."
            yield Completion(draw=prompt.draw, text=text, finish_reason="stop", prompt_tokens=1, completion_tokens=9)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    hub_data.every_dataset(folder / "hub", ["one"], [])
    return folder


def by_lm_eval(base: Path, name: str, model: FakeModel) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Results and samples of lm-eval's `simple_evaluate` on its own task, its data set read from its own files."""
    import datasets
    import lm_eval.tasks
    from lm_eval.evaluator import simple_evaluate
    from lm_eval.tasks._yaml_loader import load_yaml

    file, source, subset = EXAMS[name]
    folder = base / "hub" / source / subset
    config = dict(load_yaml(Path(lm_eval.tasks.__file__).parent / file, resolve_func=True))
    for key in ("tag", "dataset_path", "dataset_name"):
        config.pop(key, None)
    # Columns take their types from the first split: only the examples of sums have worked answers.
    files = {path.stem: str(path) for path in sorted(folder.glob("*.jsonl"), reverse=True)}
    rows = datasets.load_dataset("json", data_files=files, cache_dir=str(base / "cache"))
    config["custom_dataset"] = lambda **_: rows
    manager = lm_eval.tasks.TaskManager(include_defaults=False)
    talk = model.template is not None
    with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        logging.getLogger("lm_eval").setLevel(logging.CRITICAL)
        found = simple_evaluate(
            model=adapter(model, model.template, silent, io.StringIO()),
            tasks=[config],
            task_manager=manager,
            num_fewshot=SHOTS,
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=talk,
            fewshot_as_multiturn=talk,
        )
    return found["results"][name], sorted(found["samples"][name], key=lambda sample: int(sample["doc_id"]))


def by_us(base: Path, name: str, model: FakeModel) -> tuple[list[Answer], list[Score], list[Measurement]]:
    settings = BenchmarkSettings(bits_per_byte=None)
    asked: list[Item] = list(items(ExamsSettings(take={name: Take(shots=SHOTS)}), base=base, languages=["eus_Latn"]))
    answers = list(
        answer(
            settings, model=model, items=asked, held_out=(), prompts=(), target=BASQUE, workspace=None, progress=silent
        )
    )
    found = list(measure(settings, answers, asked, target=BASQUE, identifier=None, seed=1))  # type: ignore[arg-type]
    scores = [one for one in found if isinstance(one, Score)]
    return answers, scores, [one for one in found if isinstance(one, Measurement)]


@pytest.mark.parametrize("template", [False, True])
@pytest.mark.parametrize("name", [name for name in EXAMS if not name.startswith("mgsm")])
def test_our_runner_gives_the_prompts_and_scores_of_lm_eval_itself(base: Path, name: str, template: bool) -> None:
    theirs, samples = by_lm_eval(base, name, FakeModel(template=template))
    answers, scores, measurements = by_us(base, name, FakeModel(template=template))

    assert [one.prompt for one in answers] == [sample["arguments"][0][0] for sample in samples]
    assert [one.log_likelihoods for one in answers] == [
        tuple(nats for (nats, _), *_ in sample["resps"]) for sample in samples
    ]
    assert [score.value for score in scores if score.metric == "acc"] == [sample["acc"] for sample in samples]
    assert measurements[0].value == theirs["acc,none"]
    assert (measurements[0].protocol, measurements[0].shots) == ("likelihood", SHOTS)


def test_sums_are_written_and_judged_as_by_lm_eval(base: Path) -> None:
    theirs, samples = by_lm_eval(base, "mgsm_native_cot_eu", Writer())
    answers, scores, measurements = by_us(base, "mgsm_native_cot_eu", Writer())

    assert [one.prompt for one in answers] == [sample["arguments"][0][0] for sample in samples]
    assert [score.value for score in scores] == [sample["exact_match"] for sample in samples]
    assert measurements[0].value == theirs["exact_match,get-answer"]
    assert 0 < measurements[0].value < 1
    assert (measurements[0].metric, measurements[0].protocol) == ("exact_match", "generation")
