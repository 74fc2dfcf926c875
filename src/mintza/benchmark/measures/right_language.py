"""Whether a model answers in the language that it is asked in, and whether it answers at all."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from mintza.benchmark.measures.asking import seen
from mintza.benchmark.measures.scored import scored
from mintza.benchmark.prompts import UserPrompt
from mintza.benchmark.settings import RightLanguageSettings
from mintza.errors import ModelError
from mintza.models.seam import ChatPrompt, Sampling, TextModel
from mintza.progress import Progress
from mintza.records import Answer, Language, Message, Score
from mintza.text.identify import share_of_language
from mintza.text.repetition import repeated_share

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
    """One greedy answer a prompt. A model that cannot be spoken to is not asked, which is said to `progress`. Raises ModelError.

    A server's model can be spoken to without a chat template of ours; all others cannot.
    """
    template = model.template
    if template is None and model.ref.provider != "server":
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
            prompt=seen(chat.messages, template),
            text=completion.text,
            template=template.digest if template is not None else None,
        )


def scores(answer: Answer, *, threshold: float, target: Language, identifier: Identifier) -> Iterator[Score]:
    """right_language: enough of the letters stand in paragraphs of the language, code left out (an empty answer is not right).

    empty_answers: nothing was said.  language_share: of the letters.  repetition: share of the text that says again what it said.
    """
    text = answer.text or ""
    empty = not text.strip()
    share = share_of_language(text, target.code, identifier)
    values = {
        EXAM: float(not empty and share >= threshold),
        "empty_answers": float(empty),
        "language_share": share,
        "repetition": repeated_share(text),
    }
    for metric, value in values.items():
        yield scored(answer, metric, value)
