"""Asking a model to translate, again where the answer is no translation."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from mintza.models.seam import Completion, Sampling, TextModel
from mintza.progress import Progress
from mintza.records import Conversation, Language, Message, ParallelSegment, Provenance, Role, Step, Verdict
from mintza.text.normal import well_formed
from mintza.text.verdicts import dropped
from mintza.translate.asking import Unusable, contents_of, opening, request, roles_of, schema_of
from mintza.translate.parts import Part, cut, joined
from mintza.translate.settings import TranslateSettings


@dataclass
class Spent:
    """What was asked so far: requests, and tokens read and written."""

    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0

    def add(self, answer: Completion) -> None:
        """One more answer."""
        self.requests += 1
        self.prompt_tokens += answer.prompt_tokens
        self.completion_tokens += answer.completion_tokens


@dataclass
class _Task:
    """A conversation to translate, its ordinal in the stage, and what became of each of its parts."""

    ordinal: int
    original: Conversation
    parts: list[Part]
    made: list[tuple[list[str], Completion] | tuple[None, str, str]]

    @property
    def left(self) -> list[int]:
        """Indices of the parts that have no translation yet."""
        return [index for index, made in enumerate(self.made) if made[0] is None]


class Translator:
    """Translates wave by wave, each in the order it came; what failed in a wave is asked again before the next.

    examples: shown before each request.  spent: what all requests came to.
    """

    def __init__(
        self,
        settings: TranslateSettings,
        *,
        model: TextModel,
        source: Language,
        target: Language,
        component: str,
        examples: Sequence[ParallelSegment] = (),
    ) -> None:
        self._settings = settings
        self._model = model
        self._target = target
        self._component = component
        self._opening = opening(source, target, examples, settings.form)
        self._translated = self._failed = 0
        self._step = Step(done="translated", by=model.ref.name, revision=model.ref.revision)
        self.spent = Spent()

    def run(self, conversations: Iterable[Conversation], progress: Progress) -> Iterator[Conversation | Verdict]:
        """One record for each conversation, in order: its translation, or why there is none."""
        tasks = (self._task(ordinal, original) for ordinal, original in enumerate(conversations))
        while wave := list(islice(tasks, self._settings.execution.wave)):
            yield from self._wave(wave, progress)

    def _task(self, ordinal: int, original: Conversation) -> _Task:
        parts = cut(original, self._settings.part_characters, by_turn=self._settings.form == "turn")
        return _Task(ordinal, original, parts, [(None, "not asked", "")] * len(parts))

    def _wave(self, tasks: list[_Task], progress: Progress) -> Iterator[Conversation | Verdict]:
        left = tasks
        for attempt in range(self._settings.tries):
            for task, index, answer in self._asked(left, attempt):
                self.spent.add(answer)
                task.made[index] = _made(answer, task.parts[index], self._settings)
                self._translated += not task.left
                progress(self._translated + self._failed, self._settings.limit, f"{self._translated} translated")
            left = [task for task in left if task.left]
        self._failed += len(left)
        progress(self._translated + self._failed, self._settings.limit, f"{self._translated} translated")
        for task in tasks:
            yield self._outcome(task)

    def _asked(self, tasks: list[_Task], attempt: int) -> Iterator[tuple[_Task, int, Completion]]:
        """Answers of one attempt; parts of the same roles are asked together, under their schema."""
        settings = self._settings
        temperature = settings.retry_temperature if attempt else 0.0
        sampling = Sampling(temperature=temperature, max_tokens=settings.max_tokens)
        groups: dict[tuple[Role, ...], list[tuple[_Task, int]]] = {}
        for task in tasks:
            for index in task.left:
                groups.setdefault(roles_of(task.parts[index]), []).append((task, index))
        for roles, group in groups.items():
            prompts = (
                request(
                    task.parts[index],
                    self._opening,
                    draw=task.ordinal * settings.tries + attempt,
                    form=settings.form,
                    comments=settings.code_comments,
                )
                for task, index in group
            )
            answers = self._model.chat(prompts, sampling, schema_of(roles) if settings.form == "conversation" else None)
            for (task, index), answer in zip(group, answers, strict=True):
                yield task, index, answer

    def _outcome(self, task: _Task) -> Conversation | Verdict:
        original = task.original
        record_id = f"{self._component}/{original.id}"
        contents = []
        answers = []
        for made in task.made:
            if made[0] is None:
                return dropped(record_id, "translate", made[1], unit="conversation", excerpt=made[2])
            contents.append(made[0])
            answers.append(made[1])
        finish = "length" if any(answer.finish_reason == "length" for answer in answers) else answers[-1].finish_reason
        come_from = original.provenance
        return Conversation(
            id=record_id,
            language=self._target.code,
            component=self._component,
            messages=tuple(
                Message(role=message.role, content=content, finish_reason=finish)
                for message, content in zip(original.messages, joined(task.parts, contents), strict=True)
            ),
            provenance=Provenance(
                source=come_from.source,
                license=come_from.license,
                url=come_from.url,
                steps=(*come_from.steps, self._step),
            ),
            parent_id=original.id,
            category=original.category,
        )


def _made(
    answer: Completion, part: Part, settings: TranslateSettings
) -> tuple[list[str], Completion] | tuple[None, str, str]:
    """The translated pieces and their answer; or None, the cause, and what was said."""
    try:
        return contents_of(answer, part, settings.form, comments=settings.code_comments), answer
    except Unusable as error:
        return None, str(error), well_formed(answer.text)
