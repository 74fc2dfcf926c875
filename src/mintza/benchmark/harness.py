"""lm-eval runs the exams: our items become its tasks in memory, a TextModel becomes its LM. The only file that names it.

`evaluate` is called rather than `simple_evaluate`: that one also seeds the global generators, and asks git, pip and the
graphics driver about this machine, which takes seconds a model (docs/decisions/0040-lm-eval-in-process.md).
"""

from __future__ import annotations

import io
import logging
import sys
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stderr
from typing import Any, NamedTuple, TextIO

from mintza.errors import ModelError
from mintza.models.seam import Pair, Prompt, Sampling, TextModel
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import Item, Message


class Asked(NamedTuple):
    """What came of one item. prompt: what stood before each choice.  log_likelihoods: nats, one a choice."""

    item: Item
    prompt: str
    log_likelihoods: tuple[float, ...]


class Sheet(NamedTuple):
    """An exam in one language. pool: every item by id.  examined: those that are asked, in order."""

    pool: dict[str, Item]
    examined: list[Item]


def ask(
    model: TextModel, items: Iterable[Item], *, template: ChatTemplate | None, progress: Progress
) -> Iterator[Asked]:
    """Likelihood of every choice of every item that is no example, exam by exam in the order of the items.

    The model gets all requests at once.  template: the bare questions are user turns under it, and the examples before them
    turns of both sides; None: plain text in the exam's words, a choice after a space, an empty line between examples.
    Raises ModelError as the model does.
    """
    sheets = {name: sheet for name, sheet in _sheets(items).items() if sheet.examined}
    if not sheets:
        return
    talk = template is not None
    with _quiet() as heard:
        from lm_eval.evaluator import evaluate

        found = evaluate(
            lm=adapter(model, template, progress, heard),
            task_dict={"tasks": {name: _task(name, sheet, talk) for name, sheet in sheets.items()}, "groups": {}},
            bootstrap_iters=0,
            log_samples=True,
            apply_chat_template=talk,
            fewshot_as_multiturn=talk,
        )
    for name, sheet in sheets.items():
        samples = sorted(found["samples"][name], key=lambda sample: int(sample["doc_id"]))
        for item, sample in zip(sheet.examined, samples, strict=True):
            yield _asked(item, sample)


def _sheets(items: Iterable[Item]) -> dict[str, Sheet]:
    sheets: dict[str, Sheet] = {}
    for item in items:
        if item.writing is None:
            sheet = sheets.setdefault(f"{item.exam}/{item.language}", Sheet({}, []))
            sheet.pool[item.id] = item
            if not item.example:
                sheet.examined.append(item)
    return sheets


def _asked(item: Item, sample: dict[str, Any]) -> Asked:
    nats = tuple(float(response[0]) for response in sample["filtered_resps"])
    return Asked(item=item, prompt=str(sample["arguments"][0][0]), log_likelihoods=nats)


def _task(name: str, sheet: Sheet, talk: bool) -> Any:
    """An lm-eval task that reads its documents by the names of their columns, so that no template runs over a question."""
    from datasets import Dataset
    from lm_eval.api.samplers import ContextSampler
    from lm_eval.api.task import ConfigurableTask

    class Shown(ContextSampler):  # type: ignore[misc]
        def sample(self, n: int, eval_doc: Any = None, df: Any = None, **_: Any) -> list[dict[str, Any]]:
            return [_row(sheet.pool[key], talk) for key in eval_doc["shown"]]

    first = sheet.examined[0]
    documents = Dataset.from_list([_row(item, talk) for item in sheet.examined])
    config: dict[str, Any] = {
        "task": name,
        "custom_dataset": lambda **_: {"examined": documents},
        "output_type": "multiple_choice",
        "test_split": "examined",
        "doc_to_text": "asked",
        "doc_to_choice": "choices",
        "doc_to_target": "answer",
        "target_delimiter": first.delimiter,
        "fewshot_delimiter": "\n\n",
        "num_fewshot": first.shots,
        "metric_list": [{"metric": "acc", "aggregation": "mean", "higher_is_better": True}],
    }
    if first.shots:
        # The sampler is told which document it is for only where examples come from the split that is examined.
        config |= {"fewshot_split": "examined", "fewshot_config": {"sampler": Shown}}
    return ConfigurableTask(config=config)


def _row(item: Item, talk: bool) -> dict[str, Any]:
    asked = item.question if talk else item.prompt or item.question
    return {"asked": asked, "choices": list(item.choices), "answer": item.answer, "shown": list(item.shown)}


def adapter(model: TextModel, template: ChatTemplate | None, progress: Progress, heard: TextIO) -> Any:
    """An lm-eval LM that asks a TextModel. heard: where what the model and the progress say on stderr goes.

    It scores choices and whole texts, and continues texts to the strings and the length that a task gives.
    """
    from lm_eval.api.model import LM

    class Adapter(LM):  # type: ignore[misc]
        tokenizer_name = template.digest if template is not None else "plain"

        def loglikelihood(self, requests: Sequence[Any]) -> list[tuple[float, bool]]:
            pairs = [Pair(context=request.args[0], continuation=request.args[1]) for request in requests]
            return self._scored(pairs)

        def loglikelihood_rolling(self, requests: Sequence[Any]) -> list[float]:
            return [nats for nats, _ in self._scored([Pair(context="", continuation=r.args[0]) for r in requests])]

        def generate_until(self, requests: Sequence[Any]) -> list[str]:
            written: list[str] = []
            for request in requests:
                text, limits = request.args
                sampling = Sampling(max_tokens=limits.get("max_gen_toks", 256), stop=tuple(limits.get("until", ())))
                (completion,) = model.complete([Prompt(text=text, draw=len(written))], sampling)
                written.append(completion.text)
            return written

        def apply_chat_template(self, chat_history: list[dict[str, str]], add_generation_prompt: bool = True) -> str:
            if template is None:
                raise ModelError(f"{model.ref.name} has no chat template", remedy="ask it in plain text")
            turns = [Message(role=turn["role"], content=turn["content"]) for turn in chat_history]  # type: ignore[arg-type]
            return template.render(turns, add_generation_prompt=add_generation_prompt)

        def _scored(self, pairs: list[Pair]) -> list[tuple[float, bool]]:
            scores = []
            with redirect_stderr(heard):
                for done, likelihood in enumerate(model.likelihood(pairs), start=1):
                    scores.append((likelihood.log_likelihood, likelihood.greedy))
                    progress(done, len(pairs), "choices of the exams")
            return scores

    return Adapter()


@contextmanager
def _quiet() -> Iterator[TextIO]:
    """lm-eval's log, bars and warnings are kept from the screen; gives the stderr that was there before."""
    log, before = logging.getLogger("lm_eval"), sys.stderr
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            yield before
    finally:
        log.setLevel(level)
