"""Exams that are answered in words: how they are asked of a model, under its template or plainly. Greedy, and journalled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from mintza.benchmark.turns import Put, messages, plain
from mintza.errors import ModelError
from mintza.models.seam import ChatPrompt, Prompt, Sampling, TextModel
from mintza.models.templates import ChatTemplate
from mintza.progress import Progress
from mintza.records import Item, Message


class Asking(NamedTuple):
    """An item to ask. shown: its examples.  system: prompt that comes first under a template."""

    item: Item
    put: Put
    shown: list[Put]
    system: str | None


class Said(NamedTuple):
    """What a model wrote. prompt: as it saw it."""

    item: Item
    prompt: str
    text: str


def ask(
    model: TextModel,
    asked: Sequence[Asking],
    sampling: Sampling,
    *,
    template: ChatTemplate | None,
    talk: bool,
    what: str,
    progress: Progress,
) -> Iterator[Said]:
    """One answer an item. talk: as turns, which a server's model takes without a template that we know; else plain text.

    Raises ModelError as the model does, and for an item that leaves no room for an answer.
    """
    if talk:
        turns = [messages(one.shown, one.put, one.system) for one in asked]
        chats = [ChatPrompt(messages=said, draw=draw) for draw, said in enumerate(turns)]
        prompts = [seen(said, template) for said in turns]
        completions = model.chat(chats, sampling)
    else:
        prompts = [plain(one.shown, one.put, one.item.delimiter) for one in asked]
        completions = model.complete([Prompt(text=text, draw=draw) for draw, text in enumerate(prompts)], sampling)
    for done, (one, prompt, completion) in enumerate(zip(asked, prompts, completions, strict=True), start=1):
        if completion.finish_reason == "error":
            raise ModelError(
                f"{model.ref.name} gave no answer: {completion.why or 'an error'}",
                place=f"{one.item.exam} {one.item.language} {one.item.id}",
                remedy="take fewer shots or a longer context, or run the study again",
            )
        progress(done, len(asked), what)
        yield Said(item=one.item, prompt=prompt, text=completion.text)


def seen(turns: Sequence[Message], template: ChatTemplate | None) -> str:
    """Turns as the model sees them; by role and content where the server alone knows its template."""
    if template is not None:
        return template.render(turns, add_generation_prompt=True)
    return "\n".join(f"{turn.role}: {turn.content}" for turn in turns)
