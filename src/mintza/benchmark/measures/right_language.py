"""Whether a model answers in the language that it is asked in, and whether it answers at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mintza.benchmark.prompts import UserPrompt
from mintza.benchmark.settings import RightLanguageSettings
from mintza.errors import ModelError
from mintza.models.seam import ChatPrompt, Sampling, TextModel
from mintza.progress import Progress
from mintza.records import Answer, Language, Message, Score

if TYPE_CHECKING:
    from mintza.text.identify import Identifier

EXAM = "right_language"


def answers(
    settings: RightLanguageSettings,
    model: TextModel,
    prompts: Sequence[UserPrompt],
    *,
    target: Language,
    progress: Progress,
) -> Iterator[Answer]:
    """One greedy answer a prompt. A model without a chat template is not asked, which is said to `progress`. Raises ModelError."""
    template = model.template
    if template is None:
        progress(0, len(prompts), f"{model.ref.name} has no chat template: prompts are not asked")
        return
    first = (Message(role="system", content=target.chat_system_prompt),) if settings.system_prompt else ()
    asked = [
        ChatPrompt(messages=(*first, Message(role="user", content=prompt.prompt)), draw=draw)
        for draw, prompt in enumerate(prompts)
    ]
    completions = model.chat(asked, Sampling(temperature=0.0, max_tokens=settings.max_tokens))
    for done, (prompt, chat, completion) in enumerate(zip(prompts, asked, completions, strict=True), start=1):
        if completion.finish_reason == "error":
            raise ModelError(
                f"{model.ref.name} gave no answer: an error, or a prompt that leaves no room for one",
                place=f"prompt {prompt.id}",
                remedy="shorten the prompt or the language's system prompt, or run the study again",
            )
        progress(done, len(asked), "prompts in the language")
        yield Answer(
            exam=EXAM,
            item_id=prompt.id,
            model=model.ref.name,
            language=target.code,
            protocol="generation",
            prompt=template.render(chat.messages, add_generation_prompt=True),
            text=completion.text,
            template=template.digest,
        )


def scores(answer: Answer, *, threshold: float, target: Language, identifier: Identifier) -> Iterator[Score]:
    """right_language: enough of the letters are of the language (an empty answer is not).  empty_answers: nothing was said."""
    from mintza.text.identify import share_of_language

    text = answer.text or ""
    empty = not text.strip()
    right = not empty and share_of_language(text, target.code, identifier) >= threshold
    for metric, value in ((EXAM, right), ("empty_answers", empty)):
        yield Score(
            exam=answer.exam,
            item_id=answer.item_id,
            model=answer.model,
            language=answer.language,
            metric=metric,
            value=float(value),
            weight=1.0,
        )
