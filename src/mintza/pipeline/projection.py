"""What translating a whole component will take, from what its gate took: requests, tokens, hours, cost."""

from __future__ import annotations

from typing import NamedTuple

from mintza.models.settings import Prices, ServerSettings
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State
from mintza.records import Conversation, Gate
from mintza.store import Store
from mintza.study.schema import SampledComponent, WrittenComponent
from mintza.translate.parts import cut

CHARACTERS_A_CONVERSATION = 800
"""Of one that is not there yet: an instruction and an answer of a few paragraphs."""


class Size(NamedTuple):
    """What is to be translated. exact: counted, not guessed from the settings."""

    conversations: int
    requests: int
    characters: int
    exact: bool


class Projection(NamedTuple):
    """What it will take. seconds: None when no speed is known.  cost: None without prices."""

    size: Size
    requests: int
    prompt_tokens: int
    completion_tokens: int
    seconds: float | None
    cost: float | None


def project(gate: Gate, size: Size, *, tokens_per_second: float | None, prices: Prices | None) -> Projection:
    """Tries, prompts and written tokens in the proportions of the gate.

    Prompts grow with the text by as many tokens a character as the translation has; rules and examples stand before each.
    """
    tries = gate.requests / gate.segments
    written_a_character = gate.completion_tokens / gate.source_characters
    requests = round(size.requests * tries)
    more = size.characters - size.requests * gate.source_characters / gate.segments
    prompt = requests * gate.prompt_tokens / gate.requests + tries * more * written_a_character / tries
    completion = size.characters * written_a_character
    cost = None
    if prices is not None:
        cost = (prompt * prices.prompt + completion * prices.completion) / 1e6
    seconds = completion / tokens_per_second if tokens_per_second else None
    return Projection(size, requests, round(max(prompt, 0)), round(completion), seconds, cost)


def size_of(plan: Plan, name: str, original: State, store: Store) -> Size:
    """What the component `name` holds to be translated: counted where its originals are made, else as the study asks for."""
    settings = plan.study.settings
    translate = settings.translate.translate
    if original.complete and original.artifact is not None:
        conversations = requests = characters = 0
        for conversation in store.read(original.artifact, Conversation):
            if translate.limit is not None and conversations == translate.limit:
                break
            conversations += 1
            requests += len(cut(conversation, translate.part_characters, by_turn=translate.form == "turn"))
            characters += sum(len(message.content) for message in conversation.messages)
        return Size(conversations, requests, characters, exact=True)
    component = settings.components[name]
    wanted = settings.instruct.sample.conversations
    turns = 2 * settings.instruct.sample.exchanges if isinstance(component, SampledComponent) else 2
    if isinstance(component, WrittenComponent):
        wanted = component.data.limit or translate.limit or wanted
    count = min(wanted, translate.limit or wanted)
    asked = turns if translate.form == "turn" else 1
    return Size(count, count * asked, count * CHARACTERS_A_CONVERSATION * turns // 2, exact=False)


def prices_of(plan: Plan, model: str) -> Prices | None:
    """What the owner of a model asks, where the study says it."""
    provider = plan.parts.provider(model)
    return provider.execution.prices if isinstance(provider, ServerSettings) else None
