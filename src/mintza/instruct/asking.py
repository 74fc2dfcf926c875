"""What a sampler gives the model: for each draw the category, its system prompt, and the raw head of the template."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

from mintza.errors import StudyError, TemplateError
from mintza.instruct.settings import SampleSettings
from mintza.models.seam import TextModel
from mintza.models.templates import CONTROL, ChatTemplate, PreQuery, next_query, pre_query
from mintza.records import Category, Language, Message, SamplePrompts


class Heads:
    """Raw heads of user's turns. markup: control tokens of the model's chats: where one stands in what it wrote, it went on.

    Raises TemplateError when the model's template does not show where the user's words begin, or no system text where
    one is asked for; StudyError when the study weighs a category that the language does not have.
    """

    def __init__(self, settings: SampleSettings, prompts: SamplePrompts | None, *, model: TextModel) -> None:
        if model.template is None:
            raise TemplateError(
                f"model {model.ref.name!r} has no chat template, so nothing can be sampled from it",
                remedy="name an instructed model: `instruct: {sample: {model: NAME}}`",
            )
        self._settings = settings
        self._template: ChatTemplate = model.template
        self._prompts = prompts
        self._categories = _weighed(settings, prompts)
        self._first = cache(lambda system: pre_query(self._template, system))
        self.markup = _markup(self._template, self._head(self._categories[0] if self._categories else None))

    def category(self, draw: int) -> Category | None:
        """The category of a draw, by luck that lies in its number alone; None when none is asked for."""
        if not self._categories:
            return None
        weights = [category.weight for category in self._categories]
        return random.Random(f"category {draw}").choices(self._categories, weights)[0]

    def first(self, draw: int) -> PreQuery:
        """The head of the first turn of a draw."""
        return self._head(self.category(draw))

    def follow_up(self, said: Sequence[Message]) -> PreQuery:
        """The head of the turn after these, under the prompt that says that the talk goes on."""
        system = self._prompts.follow_up_system_prompt if self._prompts else None
        return next_query(self._template, system or None, said)

    def _head(self, category: Category | None) -> PreQuery:
        system = self._settings.turn_system_prompt
        if category is not None:
            system = category.turn_system_prompt
        elif self._settings.turn_under == "language" and self._prompts is not None:
            system = self._prompts.turn_system_prompt
        found: PreQuery = self._first(system)
        return found


def told(settings: SampleSettings, language: Language) -> tuple[Message, ...]:
    """The system turn under which answers are asked, if any."""
    prompt = settings.answer_system_prompt
    text = language.sample_system_prompt if prompt is None else prompt
    return (Message(role="system", content=text),) if text else ()


def _weighed(settings: SampleSettings, prompts: SamplePrompts | None) -> list[Category]:
    """The categories that are drawn from, with the study's weights in place of the language's."""
    if settings.turn_under != "categories":
        return []
    listed = prompts.categories if prompts else ()
    names = [category.name for category in listed]
    for name in settings.category_weights:
        if name not in names:
            raise StudyError(
                f"there is no category {name!r} in the language", remedy=f"known: {', '.join(names) or 'none'}"
            )
    weighed = [
        Category(
            name=category.name,
            weight=settings.category_weights.get(category.name, category.weight),
            turn_system_prompt=category.turn_system_prompt,
        )
        for category in listed
    ]
    drawn = [category for category in weighed if category.weight > 0]
    if not drawn:
        raise StudyError(
            "no category is left to sample under",
            remedy="give categories in the language's instruct.yaml, with a weight over 0",
        )
    return drawn


def _markup(template: ChatTemplate, asked: PreQuery) -> tuple[str, ...]:
    found = {*template.special.values(), asked.stop, *(match.group() for match in CONTROL.finditer(asked.head))}
    return tuple(sorted(token for token in found if token))
