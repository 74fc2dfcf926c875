"""What providers have in common: who the model is, its chat template, open or closed; and answers put back in order."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator

from mintza.errors import ModelError
from mintza.models.providers.asking import in_order
from mintza.models.seam import ChatPrompt, Completion, JsonSchema, Prompt, Sampling
from mintza.models.templates import ChatTemplate
from mintza.records import ModelRef


class Provider:
    """The parts of a TextModel that do not hang on the engine."""

    def __init__(self, ref: ModelRef, template: ChatTemplate | None) -> None:
        self._ref = ref
        self._template = template
        self._closed = False

    @property
    def ref(self) -> ModelRef:
        """Name, provider, location and revision."""
        return self._ref

    @property
    def template(self) -> ChatTemplate | None:
        """The chat template; None where nobody here renders chats."""
        return self._template

    def close(self) -> None:
        """Let go of the engine. Asking afterwards raises ModelError."""
        self._closed = True

    def _check_open(self) -> None:
        if self._closed:
            raise ModelError(f"model {self._ref.name!r} was closed before it was asked")

    def _needed_template(self) -> ChatTemplate:
        if self._template is None:
            raise ModelError(
                f"model {self._ref.name!r} has no chat template, so nobody can talk with it",
                remedy="give its backbone a `template:` file, or use an instructed backbone",
            )
        return self._template


class ManyAtOnce(Provider, ABC):
    """A provider with several requests on their way, whose answers come in any order: see AsTheyCome of the journal."""

    @abstractmethod
    def complete_as_they_come(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[tuple[int, Completion]]:
        """As `complete`, in any order, each with its place."""

    @abstractmethod
    def chat_as_they_come(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[tuple[int, Completion]]:
        """As `chat`, in any order, each with its place."""

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text."""
        return in_order(self.complete_as_they_come(prompts, sampling))

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation."""
        return in_order(self.chat_as_they_come(prompts, sampling, schema))
