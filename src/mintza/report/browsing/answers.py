"""Answers gathered by exam and item: who chose what, and who was right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from mintza.records import Answer, Item
from mintza.report.scorebook import BITS_PREFIX, Kind, Measure, ScoreBook

ExamKey = tuple[str, str]
"""Exam and language."""


SUFFIXES = {"letter": "_gen", "cloze": "_cloze"}
"""Of an exam's name under a protocol that is not its own."""


@dataclass
class Asked:
    """An item and what models made of it. item: None for a prompt that no exam holds.  chosen: choice -> models; texts: model -> words.

    right: models that the exam's own metric calls right.  prompts: as models saw it, examples and all, by how it was asked; of the first of
    every so many items alone, since prompts are long.
    """

    id: str
    item: Item | None
    prompt: str = ""
    chosen: dict[int, list[str]] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    right: set[str] = field(default_factory=set)
    prompts: dict[str, str] = field(default_factory=dict)

    @property
    def question(self) -> str:
        """What was asked, in words."""
        return self.item.question if self.item is not None else self.prompt


def asked(items: Iterable[Item], answers: Iterable[Answer], book: ScoreBook, every: int) -> dict[ExamKey, list[Asked]]:
    """Exam -> its items in the order of the exam, those alone that somebody answered; likelihoods of whole texts are no answers.

    every: of so many items of an exam the first has its prompts.
    """
    known = {(one.exam, one.language, one.id): one for one in items if not one.example}
    counts: dict[ExamKey, int] = {}
    first = set()
    for exam, language, item_id in known:
        place = counts[exam, language] = counts.get((exam, language), -1) + 1
        if place % every == 0:
            first.add((exam, language, item_id))
    found: dict[ExamKey, dict[str, Asked]] = {}
    for answer in answers:
        if answer.exam.startswith(BITS_PREFIX):
            continue
        whole = (answer.exam.removesuffix(SUFFIXES.get(answer.protocol, "")), answer.language, answer.item_id)
        item = known.get(whole)
        entries = found.setdefault((answer.exam, answer.language), {})
        one = entries.get(answer.item_id)
        if one is None:
            one = entries[answer.item_id] = Asked(answer.item_id, item, answer.prompt if item is None else "")
        if whole in first and answer.prompt:
            one.prompts.setdefault(answer.template or "", answer.prompt)
        if answer.text is not None:
            one.texts[answer.model] = answer.text
        elif answer.log_likelihoods:
            one.chosen.setdefault(choice_of(answer, item), []).append(answer.model)
    for (exam, language), several in found.items():
        _mark(exam, language, several, book)
    order = {key: place for place, key in enumerate(known)}
    return {
        key: sorted(several.values(), key=lambda one: order.get((*key, one.id), len(order)))
        for key, several in found.items()
    }


def choice_of(answer: Answer, item: Item | None) -> int:
    """Index of the likeliest choice, by the byte where the exam is judged so; -1 where no likelihood is a number."""
    likelihoods = list(answer.log_likelihoods)
    if item is not None and item.metric == "acc_bytes" and len(answer.utf8_bytes) == len(likelihoods):
        likelihoods = [one / max(1, size) for one, size in zip(likelihoods, answer.utf8_bytes, strict=True)]
    places = [place for place, one in enumerate(likelihoods) if isfinite(one)]
    return max(places, key=lambda place: likelihoods[place], default=-1)


def _mark(exam: str, language: str, entries: Mapping[str, Asked], book: ScoreBook) -> None:
    models = {name for one in entries.values() for names in one.chosen.values() for name in names}
    models |= {name for one in entries.values() for name in one.texts}
    kinds: tuple[Kind, ...] = ("accuracy", "right_language")
    for kind in kinds:
        for name in models:
            for (_, item_id), scored in book.scores(name, Measure(kind, language, exam)).items():
                if scored.value >= 1 and item_id in entries:
                    entries[item_id].right.add(name)
