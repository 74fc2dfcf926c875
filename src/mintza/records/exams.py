"""Exams: items, answers, scores, measurements."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, UnsetType

from mintza.records.base import Record

Protocol = Literal["likelihood", "letter", "generation", "cloze"]
Accuracy = Literal["acc", "acc_bytes", "exact_match"]
Standing = Literal["exam", "part", "sum"]


class Writing(Record, frozen=True, kw_only=True):
    """How an answer is written that no choice holds. stop: strings at which it ends.  max_tokens: at most.

    pattern: regular expression of what is taken from it; its last match counts, "" takes all.
    """

    stop: tuple[str, ...] = ()
    max_tokens: int = 256
    pattern: str = ""


class Leaning(Record, frozen=True, kw_only=True):
    """Of a question on stereotypes. biased: index of the choice that a stereotype would take.  unknown: of the one that says nothing."""

    biased: int
    unknown: int


class Item(Record, frozen=True, kw_only=True):
    """One question of an exam.

    id: the same in every language of the exam.  category: reading, knowledge, ...
    choices: as shown.  answer: index of the right one.
    prompt: the question in the words of a plain prompt ("" means the question alone).  shots: examples shown before it.
    metric: the one that the exam is judged by.  example: shown to models, and not examined.
    delimiter: between a plain prompt and what answers it.  shown: ids of its examples, in order.  target: what answers it in words,
    where that is not its choice.  writing: how the answer is written, None where choices are scored.
    part: name of the part of the exam that it belongs to, "" where it has none.
    leaning: of a question on stereotypes; not written where there is none, so that the bytes of all other exams stay as they were.
    """

    exam: str
    id: str
    language: str
    category: str
    question: str
    choices: tuple[str, ...]
    answer: int
    license: str
    prompt: str = ""
    shots: int = 0
    metric: Accuracy = "acc"
    example: bool = False
    delimiter: str = " "
    shown: tuple[str, ...] = ()
    target: str = ""
    writing: Writing | None = None
    part: str = ""
    leaning: Leaning | UnsetType = UNSET


class Answer(Record, frozen=True, kw_only=True):
    """What a model said to one item, or how likely it found one text.

    exam: name of the exam or measure.  item_id: of the Item, Document or prompt.  model: name.  prompt: as the model saw it.
    text: generated, if any.  log_likelihoods: nats, one a choice (or one for a whole text).  utf8_bytes: of each scored text.
    template: digest of the chat template, None when the prompt was plain.
    """

    exam: str
    item_id: str
    model: str
    language: str
    protocol: Protocol
    prompt: str = ""
    text: str | None = None
    log_likelihoods: tuple[float, ...] = ()
    utf8_bytes: tuple[int, ...] = ()
    template: str | None = None


class Score(Record, frozen=True, kw_only=True):
    """What one answer is worth.

    language: of the item or text.  metric: `acc`, `acc_bytes` (likelihood a byte of the choice), `bits_per_byte`,
    `right_language`, `empty_answers`.  weight: items are weighted by it (bytes, or 1).
    """

    exam: str
    item_id: str
    model: str
    metric: str
    value: float
    weight: float
    language: str = ""


class Measurement(Record, frozen=True, kw_only=True, omit_defaults=True):
    """One number of the table with its interval.

    exam, language, category: what was examined.  model: name.  metric: of `value`.
    low, high: 95 % interval, None if not computed or where one text alone gives none.  items: how many, 0 when a foreign result
    does not say.  shots: examples shown.  protocol: how it was asked.  template: digest of the chat template, None if plain.
    standing: an exam of its own; a part of one that is measured whole beside it; or a sum over exams that stand beside it.
    """

    exam: str
    language: str
    category: str
    model: str
    metric: str
    value: float
    low: float | None
    high: float | None
    items: int
    shots: int
    protocol: Protocol
    template: str | None
    standing: Standing = "exam"
