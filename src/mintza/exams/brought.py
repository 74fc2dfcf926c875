"""An exam whose questions were brought from a hub: its questions become items, with the examples that each is shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import UNSET

from mintza.errors import BadInput
from mintza.exams.choosing import examined
from mintza.exams.definition import Found, HubData, LmEvalData
from mintza.exams.lm_eval_tasks import Question, Sheet, sheet
from mintza.exams.settings import Take
from mintza.records import Item


def brought(found: Found, code: str, data: LmEvalData | HubData, take: Take, folder: Path) -> Iterator[Item]:
    """Items of one language: what is only shown first, then what is examined in the order of the data set.

    folder: of the data set. Examples are drawn over the whole exam, so that fewer items see the same ones.
    Raises BadInput for a data set that is wrong or too small.
    """
    shots = found.definition.shots if take.shots is None else take.shots
    questions = sheet(data, folder, shots=shots)
    if (questions.writing is None) == (found.definition.metric == "exact_match"):
        asked = "choices" if questions.writing is None else "written answers"
        raise BadInput(
            f"the metric is {found.definition.metric}, and the questions have {asked}",
            place=found.place,
            remedy="acc for questions with choices, exact_match for written answers",
        )
    every = {question.id: question for question in questions.questions}
    taken = examined([key for key, question in every.items() if question.examined], found, take)
    there = set(taken)
    needed = {key for name in taken for key in every[name].shown} - there
    for key in (*sorted(needed), *taken):
        yield _item(found, code, questions, every[key], shots, example=key in needed)


def _item(found: Found, code: str, questions: Sheet, question: Question, shots: int, *, example: bool) -> Item:
    definition = found.definition
    return Item(
        exam=definition.name,
        id=question.id,
        language=code,
        category=definition.category,
        question=question.prompt,
        choices=question.choices,
        answer=question.answer,
        license=definition.license or "not stated",
        prompt=question.prompt,
        shots=shots,
        metric=definition.metric,
        example=example,
        delimiter=questions.delimiter,
        shown=() if example else question.shown,
        target=question.target if questions.writing is not None else "",
        writing=questions.writing,
        part=question.part,
        leaning=question.leaning or UNSET,
    )
