"""A model with a journal before it: nothing is asked twice, and every answer is on disk before it is used."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import Any, Protocol, TypeVar, runtime_checkable

from mintza.errors import ModelError
from mintza.models.journal import Journal
from mintza.models.requests import body_of, key_of, same_of
from mintza.models.seam import Around, ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling, TextModel
from mintza.records import ModelRef

_READ_AHEAD = 16384
_HELD_ANSWERS = 512
_IN_MEMORY = 1024
_HELD_S = 0.1

Asked = TypeVar("Asked", Prompt, ChatPrompt)


@runtime_checkable
class AsTheyCome(Protocol):
    """What a provider with several requests on their way may offer: answers in any order, each with its request's place.

    The journal then has an answer as soon as there is one, and not only when all before it are there.
    """

    def complete_as_they_come(
        self, prompts: Iterable[Prompt], sampling: Sampling
    ) -> Iterator[tuple[int, Completion]]: ...

    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]: ...


@runtime_checkable
class Paced(Protocol):
    """What a provider may offer that asks over a network: how fast it goes, in a few words."""

    def pace(self) -> str: ...


class Journalled(Around):
    """A TextModel that asks only what its journal lacks, and has each answer on disk before it gives it.

    Prompts are read ahead of the answers. An answer that ended in an error is given, and asked again the next time.
    Likelihoods are not journalled: they depend on nothing but the model, and the stage's own records keep them.
    """

    def __init__(self, model: TextModel, journal: Journal) -> None:
        super().__init__(model)
        self._journal = journal

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text, from the journal where it was asked already."""
        model = self._model

        def ask(missing: Iterator[Prompt]) -> Iterator[tuple[int, Completion]]:
            if isinstance(model, AsTheyCome):
                return model.complete_as_they_come(missing, sampling)
            return _numbered(model.complete(missing, sampling))

        return _Run(self._journal, model.ref, sampling, None, ask).answers(prompts)

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation, from the journal where it was asked already."""
        model = self._model

        def ask(missing: Iterator[ChatPrompt]) -> Iterator[tuple[int, Completion]]:
            if isinstance(model, AsTheyCome):
                return model.chat_as_they_come(missing, sampling, schema)
            return _numbered(model.chat(missing, sampling, schema))

        return _Run(self._journal, model.ref, sampling, schema, ask).answers(prompts)

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """As the model gives it."""
        return self._model.likelihood(pairs)

    def pace(self) -> str:
        """As the model says it, "" when it does not."""
        return self._model.pace() if isinstance(self._model, Paced) else ""

    def close(self) -> None:
        """Close the model and the journal."""
        super().close()
        self._journal.close()


class _Run:
    """One call of Journalled: some answers come from the journal and some from the model, all in the order of the requests."""

    def __init__(
        self,
        journal: Journal,
        model: ModelRef,
        sampling: Sampling,
        schema: JsonSchema | None,
        ask: Callable[[Iterator[Any]], Iterator[tuple[int, Completion]]],
    ) -> None:
        self._journal = journal
        self._model = model
        self._same = same_of(model, sampling, schema)
        self._ask = ask

    def answers(self, prompts: Iterable[Asked]) -> Iterator[Completion]:
        source = iter(prompts)
        for prompt in source:
            known = self._journal.get(self._key(prompt))
            if known is not None:
                yield known
            else:
                yield from self._asked(chain([prompt], source))

    def _key(self, prompt: Prompt | ChatPrompt) -> str:
        return key_of(self._body(prompt))

    def _body(self, prompt: Prompt | ChatPrompt) -> dict[str, Any]:
        return {**self._same, **body_of(prompt)}

    def _asked(self, source: Iterator[Asked]) -> Iterator[Completion]:
        """Ask what is missing, reading ahead by no more than _READ_AHEAD; the rest of `source` is left to the caller."""
        waiting: deque[str] = deque()
        under_way: dict[int, tuple[str, Asked]] = {}
        answered: dict[str, Completion] = {}
        asked: set[str] = set()
        held: list[Completion] = []
        since = time.monotonic()
        missing = self._missing(source, waiting, under_way, asked, answered)
        with _let_go_of(self._ask(missing)) as answers:
            for number, answer in answers:
                key, prompt = under_way.pop(number)
                asked.discard(key)
                kept = self._journal.put(key, self._body(prompt), answer)
                if key not in self._journal or len(answered) < _IN_MEMORY:
                    answered[key] = kept
                held += self._ready(waiting, answered)
                if len(held) >= _HELD_ANSWERS or time.monotonic() - since > _HELD_S:
                    self._journal.sync()
                    yield from held
                    held.clear()
                    since = time.monotonic()
        self._journal.sync()
        yield from held
        yield from self._ready(waiting, answered)
        if waiting:
            raise ModelError(f"model {self._model.name!r} left {len(waiting)} requests without an answer")

    def _missing(
        self,
        source: Iterator[Asked],
        waiting: deque[str],
        under_way: dict[int, tuple[str, Asked]],
        asked: set[str],
        answered: dict[str, Completion],
    ) -> Iterator[Asked]:
        """Requests that the journal lacks, each once; all that is read is noted in `waiting`, all that is given in `under_way`.

        asked: keys on their way.  answered: those that failed are still there, and are not asked a second time.
        """
        given = 0
        for prompt in source:
            key = self._key(prompt)
            waiting.append(key)
            if key not in asked and key not in answered and key not in self._journal:
                under_way[given] = (key, prompt)
                given += 1
                asked.add(key)
                yield prompt
            if len(waiting) >= _READ_AHEAD:
                return

    def _ready(self, waiting: deque[str], answered: dict[str, Completion]) -> Iterator[Completion]:
        """Answers that have all before them."""
        while waiting:
            known = answered.get(waiting[0]) or self._journal.get(waiting[0])
            if known is None:
                return
            key = waiting.popleft()
            if key in self._journal:
                answered.pop(key, None)
            yield known


@contextmanager
def _let_go_of(answers: Iterator[Any]) -> Iterator[Iterator[Any]]:
    """Close a generator when its reader stops early, so that the model stops too."""
    try:
        yield answers
    finally:
        close = getattr(answers, "close", None)
        if close is not None:
            close()


def _numbered(answers: Iterator[Completion]) -> Iterator[tuple[int, Completion]]:
    with _let_go_of(answers):
        yield from enumerate(answers)
