"""Asking a model to translate, again where the answer is no translation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from mintza.models.seam import Completion, Sampling, TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Language, Provenance, Step, Verdict
from mintza.text.normal import well_formed
from mintza.text.verdicts import dropped
from mintza.translate.asking import Unusable, messages_of, request, roles_of, rules, schema_of
from mintza.translate.settings import TranslateSettings


@dataclass(frozen=True)
class Task:
    """A conversation to translate, and its ordinal in the stage."""

    ordinal: int
    original: Conversation


class Translator:
    """Translates wave by wave, each in the order it came; what failed in a wave is asked again before the next."""

    def __init__(
        self, settings: TranslateSettings, *, model: TextModel, source: Language, target: Language, component: str
    ) -> None:
        self._settings = settings
        self._model = model
        self._target = target
        self._component = component
        self._rules = rules(source, target)
        self._translated = self._settled = 0
        self._step = Step(done="translated", by=model.ref.name, revision=model.ref.revision)

    def run(self, conversations: Iterable[Conversation], progress: Progress) -> Iterator[Conversation | Verdict]:
        """One record for each conversation, in order: its translation, or why there is none."""
        tasks = (Task(ordinal, original) for ordinal, original in enumerate(conversations))
        while wave := list(islice(tasks, self._settings.execution.wave)):
            yield from self._wave(wave, progress)

    def _wave(self, tasks: list[Task], progress: Progress) -> Iterator[Conversation | Verdict]:
        done: dict[int, Conversation | Verdict] = {}
        left = tasks
        for attempt in range(self._settings.tries):
            for task, answer in self._asked(left, attempt):
                done[task.ordinal] = made = self._made(task, answer)
                settled = isinstance(made, Conversation)
                self._translated += settled
                self._settled += settled or attempt + 1 == self._settings.tries
                progress(self._settled, self._settings.limit, f"{self._translated} translated")
            left = [task for task in left if isinstance(done[task.ordinal], Verdict)]
        for task in tasks:
            yield done[task.ordinal]

    def _asked(self, tasks: list[Task], attempt: int) -> Iterator[tuple[Task, Completion]]:
        """Answers of one attempt; conversations of the same roles are asked together, under their schema."""
        settings = self._settings
        temperature = settings.retry_temperature if attempt else 0.0
        sampling = Sampling(temperature=temperature, max_tokens=settings.max_tokens)
        groups: dict[tuple[str, ...], list[Task]] = {}
        for task in tasks:
            groups.setdefault(roles_of(task.original), []).append(task)
        for group in groups.values():
            prompts = (
                request(task.original, self._rules, draw=task.ordinal * settings.tries + attempt) for task in group
            )
            answers = self._model.chat(prompts, sampling, schema_of(group[0].original))
            yield from zip(group, answers, strict=True)

    def _made(self, task: Task, answer: Completion) -> Conversation | Verdict:
        original = task.original
        record_id = f"{self._component}/{original.id}"
        try:
            messages = messages_of(answer, original)
        except Unusable as error:
            return dropped(record_id, "translate", str(error), unit="conversation", excerpt=well_formed(answer.text))
        come_from = original.provenance
        return Conversation(
            id=record_id,
            language=self._target.code,
            component=self._component,
            messages=messages,
            provenance=Provenance(
                source=come_from.source,
                license=come_from.license,
                url=come_from.url,
                steps=(*come_from.steps, self._step),
            ),
            parent_id=original.id,
        )
