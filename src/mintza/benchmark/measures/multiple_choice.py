"""Exams with choices: how likely a model finds each choice after the question, and whether the likeliest is the right one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mintza.benchmark.harness import ask
from mintza.benchmark.measures.numbers import finite
from mintza.benchmark.measures.scored import scored
from mintza.models.seam import TextModel
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import Answer, Item, Protocol, Score


def answers(
    model: TextModel,
    items: Iterable[Item],
    *,
    template: ChatTemplate | None,
    protocol: Protocol = "likelihood",
    suffix: str = "",
    progress: Progress,
) -> Iterator[Answer]:
    """One answer an item. template: that it is asked under, None for plainly.  suffix: of the exam's name. Raises ModelError."""
    for asked in ask(model, items, template=template, progress=progress):
        item = asked.item
        yield Answer(
            exam=f"{item.exam}{suffix}",
            item_id=item.id,
            model=model.ref.name,
            language=item.language,
            protocol=protocol,
            prompt=asked.prompt,
            log_likelihoods=finite(asked.log_likelihoods, model, f"{item.exam} {item.language} {item.id}"),
            utf8_bytes=tuple(len(choice.encode()) for choice in item.choices),
            template=template.digest if template is not None else None,
        )


def scores(answer: Answer, item: Item) -> Iterator[Score]:
    """acc: the likeliest choice is the right one.  acc_bytes: the likeliest a byte is.  Of equals the first counts, as in lm-eval."""
    plain = answer.log_likelihoods
    by_byte = [nats / size for nats, size in zip(plain, answer.utf8_bytes, strict=True)]
    right = {"acc": _first_best(plain) == item.answer, "acc_bytes": _first_best(by_byte) == item.answer}
    for metric in sorted(right, key=lambda name: name != item.metric):
        yield scored(answer, metric, float(right[metric]))


def likeliest(answer: Answer) -> int:
    """Index of the choice that the model finds likeliest."""
    return _first_best(answer.log_likelihoods)


def _first_best(values: Iterable[float]) -> int:
    numbers = list(values)
    return numbers.index(max(numbers))
