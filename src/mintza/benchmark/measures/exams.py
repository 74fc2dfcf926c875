"""Exams by their protocols: likelihoods of choices, letters that a model writes, cloze, and answers in writing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from mintza.benchmark.measures import letters, multiple_choice, written
from mintza.benchmark.settings import BenchmarkSettings
from mintza.benchmark.turns import cloze, lists_letters
from mintza.models.seam import TextModel
from mintza.progress import Progress
from mintza.records import Answer, Item, Protocol, Score

SUFFIX: dict[Protocol, str] = {"letter": letters.SUFFIX, "cloze": "_cloze"}
"""Of an exam's name under a protocol that is not its own: what is asked otherwise stands in a column of its own."""


def answers(
    settings: BenchmarkSettings, model: TextModel, items: Iterable[Item], *, likelihoods: bool, progress: Progress
) -> Iterator[Answer]:
    """Likelihoods, then cloze, then letters, then written answers, each in the order of the items.

    likelihoods: whether the model gives them; without them all choices are asked by letter. Raises ModelError.
    """
    every = list(items)
    pool = {(item.exam, item.language, item.id): item for item in every}
    template = model.template if settings.chat_template else None
    talk = template is not None or (settings.chat_template and model.ref.provider == "server")
    closed = [item for item in every if item.writing is None]
    if likelihoods and "likelihood" in settings.protocols:
        yield from multiple_choice.answers(model, closed, template=template, progress=progress)
    if likelihoods and "cloze" in settings.protocols:
        yield from multiple_choice.answers(
            model,
            _cloze(closed, progress),
            template=template,
            protocol="cloze",
            suffix=SUFFIX["cloze"],
            progress=progress,
        )
    if not likelihoods or "letter" in settings.protocols:
        asked = [item for item in closed if not item.example]
        yield from letters.answers(settings.letter, model, asked, pool, template=template, talk=talk, progress=progress)
    open_ended = [item for item in every if item.writing is not None and not item.example]
    yield from written.answers(model, open_ended, pool, template=template, talk=talk, progress=progress)


def _cloze(items: Sequence[Item], progress: Progress) -> list[Item]:
    """Items of the exams whose letters all stand for words; the others have no cloze, which is said."""
    made = {(item.exam, item.language, item.id): cloze(item) for item in items}
    without = {(exam, language) for (exam, language, _), item in made.items() if item is None}
    named = sorted({item.exam for item in items if lists_letters(item) and (item.exam, item.language) in without})
    if named:
        progress(0, None, f"not asked as cloze, for options that are not found in the question: {', '.join(named)}")
    return [item for (exam, language, _), item in made.items() if item is not None and (exam, language) not in without]


def exam_of(answer: Answer) -> str:
    """The exam that an answer's items are of."""
    return answer.exam.removesuffix(SUFFIX.get(answer.protocol, ""))


def scores(answer: Answer, item: Item) -> Iterator[Score]:
    """What an answer is worth, by the protocol that it was asked by."""
    if answer.protocol == "letter":
        return letters.scores(answer, item)
    if answer.protocol == "generation":
        return written.scores(answer, item)
    return multiple_choice.scores(answer, item)


def chosen(answer: Answer, item: Item) -> int | None:
    """Index of the choice that a model took; None where it named none, and where there are none."""
    if answer.protocol == "letter":
        return letters.chosen(answer, item)
    return multiple_choice.likeliest(answer) if answer.log_likelihoods else None
