"""Adapter of lm-eval and datasets: a task reads a data set that was brought, and its documents become questions.

lm-eval's own code renders prompts, choices and answers, and draws the examples, so that what is asked is what it would ask.
"""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, NamedTuple

from mintza.errors import BadInput
from mintza.exams.definition import HubData, LmEvalData
from mintza.exams.leanings import leaning
from mintza.records.exams import Leaning, Writing

SEED = 1234
"""Of the draw of examples: lm-eval's own `fewshot_random_seed`."""
FORMATS = {".jsonl": "json", ".json": "json", ".parquet": "parquet", ".csv": "csv"}


class Question(NamedTuple):
    """A question as it is put. id: place in its part.  answer: index of the right choice, 0 without choices.

    target: what answers it in words.  shown: ids of its examples.  examined: not there only to be shown.  leaning: of a question on
    stereotypes, where its row says it.
    """

    id: str
    part: str
    prompt: str
    choices: tuple[str, ...]
    answer: int
    target: str
    shown: tuple[str, ...]
    examined: bool
    leaning: Leaning | None = None


class Sheet(NamedTuple):
    """The questions of an exam in a language, and how they are put."""

    questions: list[Question]
    delimiter: str
    writing: Writing | None


def sheet(data: LmEvalData | HubData, folder: Path, *, shots: int) -> Sheet:
    """Every question of an exam, examples that are not examined before those of their part that are.

    shots: examples shown before each. Raises BadInput for a data set that cannot be read, that lacks what the exam asks of it, or
    whose answers are none of the choices.
    """
    questions: list[Question] = []
    task: Any = None
    for part, config in _configs(data):
        with _quiet(), tempfile.TemporaryDirectory() as cache:
            try:
                task = _task(config, _files(data, part), folder, cache)
                found = _questions(task, part, shots)
                questions += _with_leanings(found, list(task.eval_docs)) if _leans(data) else found
            except BadInput:
                raise
            except Exception as error:  # lm-eval, Jinja and datasets each have errors of their own
                raise BadInput(
                    f"its questions cannot be made: {type(error).__name__}: {str(error)[:200]}",
                    place=f"{folder}" + (f", {part}" if part else ""),
                    remedy="bring the data set again as the hub has it, or correct the definition",
                ) from None
    return Sheet(questions, str(task.config.target_delimiter), _writing(task, data))


def _configs(data: LmEvalData | HubData) -> Iterator[tuple[str, dict[str, Any]]]:
    """Names of the parts ("" for an exam without) and lm-eval's configuration of each."""
    if isinstance(data, HubData):
        for part in data.parts or ("",):
            yield part, _config(data, part)
        return
    for part in data.parts or ("",):
        yield part, _own_config(data.file.format(part=part))


def _own_config(file: str) -> dict[str, Any]:
    import lm_eval.tasks
    from lm_eval.tasks._yaml_loader import load_yaml

    path = Path(lm_eval.tasks.__file__).parent / file
    config = dict(load_yaml(path, resolve_func=True))
    for key in ("tag", "group", "task_list"):
        config.pop(key, None)
    return config


def _config(data: HubData, part: str) -> dict[str, Any]:
    where = data.rows_of(part)
    return {
        "task": data.dataset,
        "dataset_name": data.subset,
        "output_type": "multiple_choice",
        "test_split": data.split,
        "fewshot_split": data.shots_split,
        "fewshot_config": _shots(data),
        "process_docs": _where(where) if where else None,
        "doc_to_text": data.prompt,
        "doc_to_choice": data.choices if isinstance(data.choices, str) else list(data.choices),
        "doc_to_target": data.answer,
        "target_delimiter": data.delimiter,
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }


def _shots(data: HubData) -> dict[str, Any] | None:
    """How examples are drawn. Where parts differ in their rows alone, all rows of the examples' file may be shown."""
    first = {"sampler": "first_n"} if data.shots_from == "first" else {}
    return {**first, **({"process_docs": lambda rows: rows} if data.where_of_part else {})} or None


def _where(values: Mapping[str, str]) -> Any:
    def kept(rows: Any) -> Any:
        return rows.filter(lambda row: all(row[column] == value for column, value in values.items()))

    return kept


def _files(data: LmEvalData | HubData, part: str) -> Mapping[str, str]:
    return data.parts.get(part, data.files) if isinstance(data, HubData) else {}


def _task(config: dict[str, Any], files: Mapping[str, str], folder: Path, cache: str) -> Any:
    from lm_eval.api.task import ConfigurableTask

    subset = config.get("dataset_name")
    task = ConfigurableTask(config={**config, "custom_dataset": lambda **_: _splits(folder, subset, files, cache)})
    task.set_fewshot_seed(SEED)
    return task


def _splits(folder: Path, subset: str | None, files: Mapping[str, str], cache: str) -> Any:
    """The splits of a data set: of files that are named, of the layout SUBSET/SPLIT/*.parquet, or as the hub's card says."""
    import datasets

    # The library would otherwise tell its makers what is loaded.
    datasets.config.HF_UPDATE_DOWNLOAD_COUNTS = False
    own: dict[str, Any] = {"cache_dir": cache, "keep_in_memory": True}
    if files:
        kind = FORMATS[Path(next(iter(files.values()))).suffix]
        return datasets.load_dataset(kind, data_files={s: str(folder / path) for s, path in files.items()}, **own)
    converted = folder / (subset or "default")
    tables = {split.name: sorted(map(str, split.glob("*.parquet"))) for split in sorted(converted.glob("*/"))}
    tables = {split: paths for split, paths in tables.items() if paths}
    if tables:
        return datasets.load_dataset("parquet", data_files=tables, **own)
    return datasets.load_dataset(str(folder), name=subset, **own)


def _questions(task: Any, part: str, shots: int) -> list[Question]:
    """Questions of a part, those that are only shown first."""
    before = f"{part}/" if part else ""
    documents = list(task.eval_docs)
    evaluated = task.config.test_split or task.config.validation_split
    own = (_shots_split(task) == evaluated) if shots else True
    names = {id(row): f"{before}{'' if own else 'shown/'}{n:05}" for n, row in enumerate(task.sampler.df)}
    rows = {names[id(row)]: row for row in task.sampler.df}
    draws = [_drawn(task, row, shots, names) for row in documents]
    asked = [_question(task, row, f"{before}{n:05}", part, draws[n], True) for n, row in enumerate(documents)]
    there = {question.id for question in asked}
    needed = sorted({key for drawn in draws for key in drawn} - there)
    return [_question(task, rows[key], key, part, (), False) for key in needed] + asked


def _leans(data: LmEvalData | HubData) -> bool:
    return isinstance(data, HubData) and data.leanings is not None


def _with_leanings(questions: list[Question], documents: list[Any]) -> list[Question]:
    """The same, those that are examined with the leaning that their rows tell."""
    rows = iter(documents)
    return [one._replace(leaning=leaning(next(rows))) if one.examined else one for one in questions]


def _shots_split(task: Any) -> str | None:
    """Where lm-eval takes examples from: the split that is named, else training, validation, test, as there is one."""
    config = task.config
    found: str | None = task.fewshot_cfg.split or config.training_split or config.validation_split or config.test_split
    return found


def _drawn(task: Any, row: Any, shots: int, names: Mapping[int, str]) -> tuple[str, ...]:
    """Ids of the examples of a row; lm-eval keeps a row from being its own example only if its task says where examples are from."""
    if not shots:
        return ()
    known = task.fewshot_cfg.split == task.config.test_split
    return tuple(names[id(one)] for one in task.sampler.sample(n=shots, eval_doc=row if known else None))


def _question(task: Any, row: Any, key: str, part: str, shown: tuple[str, ...], examined: bool) -> Question:
    prompt, target = task.doc_to_text(row), task.doc_to_target(row)
    choices = tuple(str(choice) for choice in task.doc_to_choice(row)) if task.config.doc_to_choice else ()
    if choices and (isinstance(target, bool) or not isinstance(target, int) or not 0 <= target < len(choices)):
        raise BadInput(
            f"the answer {target!r} is none of {len(choices)} choices",
            place=f"question {key}",
            remedy="correct the row",
        )
    answer = target if choices else 0
    words = choices[answer] if choices else str(target)
    return Question(key, part, str(prompt), choices, int(answer), words, shown, examined)


def _writing(task: Any, data: LmEvalData | HubData) -> Writing | None:
    if task.config.output_type != "generate_until" or not isinstance(data, LmEvalData):
        return None
    stop = tuple(task.config.generation_kwargs.get("until", ()))
    return Writing(stop=stop, max_tokens=data.max_tokens, pattern=data.pattern or "")


@contextmanager
def _quiet() -> Iterator[None]:
    """Logs, bars and warnings of the libraries are kept from the screen."""
    logs = [logging.getLogger(name) for name in ("lm_eval", "datasets")]
    levels = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        for log, level in zip(logs, levels, strict=True):
            log.setLevel(level)
