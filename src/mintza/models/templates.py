"""Chat templates: rendering, the raw pre-query prompt, and which pieces of a rendering bear loss."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

from mintza.errors import TemplateError
from mintza.models.sandbox import Render, renderer
from mintza.records import Message

FIXED_DAY = datetime(2025, 1, 1)  # noqa: DTZ001 - templates print it without a zone; a study must not depend on its day
"""What a template that asks for today's date is told, unless another clock is given."""


REMEMBERED = 1024


def fixed_clock() -> datetime:
    """The same day for ever: FIXED_DAY."""
    return FIXED_DAY


class ChatTemplate:
    """A Jinja chat template as a tokenizer or a GGUF file carries it.

    source: the Jinja text.  special: strings of special tokens by name (`bos_token`, `eos_token`), given to the template.
    clock: what `strftime_now` reads.  digest: 12 hex digits that change when a rendering could.
    Raises TemplateError when the source is not a template.
    """

    def __init__(self, source: str, special: Mapping[str, str], clock: Callable[[], datetime] = fixed_clock) -> None:
        self.source = source
        self.special = dict(special)
        self._clock = clock
        self._render = renderer(source, clock)
        self._marked: dict[tuple[tuple[str, ...], bool], str] = {}

    @cached_property
    def digest(self) -> str:
        """12 hex digits of a sha256 over the source, the special tokens and, when the template asks for it, the clock."""
        day = self._clock().isoformat() if "strftime_now" in self.source else ""
        parts = json.dumps([self.source, sorted(self.special.items()), day])
        return hashlib.sha256(parts.encode()).hexdigest()[:12]

    def render(self, messages: Sequence[Message], *, add_generation_prompt: bool = False) -> str:
        """The text that a model sees; with `add_generation_prompt`, up to where the assistant's words begin.

        Raises TemplateError when the template refuses the messages (as some refuse a system turn).
        """
        turns = [{"role": message.role, "content": message.content} for message in messages]
        return _rendered(self._render, turns, self.special, add_generation_prompt)

    def marked(self, roles: Sequence[str], marks: Sequence[str], *, generation: bool) -> str:
        """The rendering of turns whose words are only marks, which is the same for all conversations of the same roles."""
        key = (tuple(roles), generation)
        if key not in self._marked:
            if len(self._marked) >= REMEMBERED:
                self._marked.clear()
            turns = [{"role": role, "content": mark} for role, mark in zip(roles, marks, strict=True)]
            self._marked[key] = _rendered(self._render, turns, self.special, generation)
        return self._marked[key]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ChatTemplate) and self.digest == other.digest

    def __hash__(self) -> int:
        return hash(self.digest)

    def __repr__(self) -> str:
        return f"ChatTemplate({self.digest})"


def _rendered(render: Render, turns: list[dict[str, str]], special: Mapping[str, str], generation: bool) -> str:
    variables: dict[str, Any] = dict(special)
    variables.update(messages=turns, tools=None, documents=None, add_generation_prompt=generation)
    return render(variables)


class PreQuery(NamedTuple):
    """The raw prompt after which a chat model writes the user's turn. stop: where that turn ends."""

    head: str
    stop: str


def pre_query(template: ChatTemplate, system: str | None) -> PreQuery:
    """The template up to where the user's words begin, under the given system text if any.

    Spaces at the end of the head are cut: a tokenizer would join them to the first word, which the model is still to write.
    Raises TemplateError when the user's words are not in the rendering exactly once, when the system text is not there,
    and when nothing follows the user's words.  Source: Xu et al. (2024), Magpie.
    """
    return next_query(template, system, ())


def next_query(template: ChatTemplate, system: str | None, said: Sequence[Message]) -> PreQuery:
    """The template up to where the words of the user's next turn begin, after turns that end in the assistant's.

    As `pre_query`, and raises TemplateError also when what was said does not stand in the rendering as it is.
    """
    mark = _mark(0, template.source + (system or "") + "".join(message.content for message in said))
    asked = [*said, Message(role="user", content=mark)]
    if system is not None:
        asked.insert(0, Message(role="system", content=system))
    text = template.render(asked, add_generation_prompt=True)
    _exactly_once(text, mark, template, "the user's words")
    if any(message.content.strip() not in text for message in said):
        raise _unusable(template, "it changes what was said before")
    if system is not None:
        told = _mark(1, template.source + mark)
        marked = [Message(role="system", content=told), *asked[1:]]
        _exactly_once(template.render(marked, add_generation_prompt=True), told, template, "the system text")
        if system.strip() not in text:
            raise _unusable(template, "it does not show the system text as it was given")
    head, tail = text.split(mark)
    stop = _turn_end(tail, template.special)
    if not stop:
        raise _unusable(template, "nothing follows the user's words, so it cannot be known where they end")
    return PreQuery(head=head.rstrip(" "), stop=stop)


def _exactly_once(text: str, mark: str, template: ChatTemplate, what: str) -> None:
    found = text.count(mark)
    if found == 0:
        raise _unusable(template, f"it drops or changes {what}")
    if found > 1:
        raise _unusable(template, f"it shows {what} {found} times")


def _mark(number: int, avoid: str) -> str:
    """A word with both cases and digits that occurs nowhere in `avoid`."""
    for salt in range(1000):
        mark = f"Zq{salt}Xk{number:05d}Wv"
        if mark not in avoid:
            return mark
    raise TemplateError("no mark could be found that the text does not hold already")


def _unusable(template: ChatTemplate, why: str) -> TemplateError:
    return TemplateError(
        f"chat template {template.digest}: {why}",
        remedy="use another backbone, or give the backbone a template of its own in the study",
    )


CONTROL = re.compile(r"<\|[^|<>\n]{1,60}\|>|<｜[^｜<>\n]{1,60}｜>|</?[A-Za-z_][\w-]{0,40}>|\[/?[A-Z_]{2,40}\]")


def _control_at_start(text: str, special: Mapping[str, str]) -> str:
    """The control token that `text` begins with, or "": one of the special ones, or what is written like one."""
    known = [token for token in special.values() if token and text.startswith(token)]
    if known:
        return max(known, key=len)
    found = CONTROL.match(text)
    return found.group() if found else ""


def _turn_end(tail: str, special: Mapping[str, str]) -> str:
    """The string that ends a turn: the control token that the tail starts with, else its first line of words."""
    inner = tail.lstrip()
    return _control_at_start(inner, special) or inner.split("\n", 1)[0].strip()


class Span(NamedTuple):
    """A piece of a rendering. loss: the assistant writes it.  content: a person or model wrote it; False: markup."""

    text: str
    loss: bool
    content: bool


def spans(template: ChatTemplate, messages: Sequence[Message]) -> list[Span]:
    """The whole rendering cut into pieces, in order; joined they are `template.render(messages)`.

    Loss is on all that the model has to write: from the end of the generation prompt to the control token that ends the
    assistant's turn, that token included.  Content is to be encoded as plain text, the rest as markup.
    Raises TemplateError naming the template and the turn when the template rewrites earlier turns, or changes contents
    by more than cutting the spaces around them: what training would show is then not what the model sees when it is asked.
    """
    whole = template.render(messages)
    places = _content_places(template, messages, whole, generation=False)
    spoken = _loss_ranges(template, messages, whole, places)
    return _cut(whole, places, spoken)


def prompt_spans(template: ChatTemplate, messages: Sequence[Message]) -> list[Span]:
    """What a model is asked with, cut into pieces: joined they are the rendering up to where the assistant's words begin.

    So a control token that somebody typed can be encoded as the text that it is.
    Raises TemplateError when the template changes contents by more than cutting the spaces around them.
    """
    whole = template.render(messages, add_generation_prompt=True)
    return _cut(whole, _content_places(template, messages, whole, generation=True), [])


def _cut(whole: str, places: Mapping[int, tuple[int, int]], spoken: Sequence[tuple[int, int]]) -> list[Span]:
    pieces: list[Span] = []
    place = 0
    for start, end in places.values():
        pieces += _markup(whole, place, start, spoken)
        if end > start:
            pieces.append(Span(whole[start:end], _inside(start, end, spoken), True))
        place = end
    return pieces + _markup(whole, place, len(whole), spoken)


def _inside(start: int, end: int, ranges: Sequence[tuple[int, int]]) -> bool:
    return any(first <= start and end <= last for first, last in ranges)


def _markup(whole: str, start: int, end: int, spoken: Sequence[tuple[int, int]]) -> list[Span]:
    """Markup between two places, cut where loss begins or ends."""
    cuts = sorted({start, end, *(edge for pair in spoken for edge in pair if start < edge < end)})
    return [Span(whole[a:b], _inside(a, b, spoken), False) for a, b in pairwise(cuts)]


def _content_places(
    template: ChatTemplate, messages: Sequence[Message], whole: str, *, generation: bool
) -> dict[int, tuple[int, int]]:
    """Start and end of each turn's words in the rendering, in the order of the text: marks rendered in their place find them."""
    marks = [_mark(number, template.source) for number in range(len(messages))]
    text = template.marked([message.role for message in messages], marks, generation=generation)
    for number, mark in enumerate(marks):
        _exactly_once(text, mark, template, f"the words of turn {number + 1}")
    order = sorted(range(len(messages)), key=lambda number: text.index(marks[number]))
    first, *markup = re.split("|".join(map(re.escape, marks)), text) if marks else [text]
    if not whole.startswith(first):
        raise _unusable(template, "its markup depends on what is said")
    place = len(first)
    places = {}
    for number, after in zip(order, markup, strict=True):
        said = messages[number].content
        shown = next((s for s in _trimmings(said) if whole.startswith(s + after, place)), None)
        if shown is None:
            raise _unusable(template, f"turn {number + 1}: it changes what was said, or its markup depends on it")
        places[number] = (place, place + len(shown))
        place += len(shown) + len(after)
    if place != len(whole):
        raise _unusable(template, "its markup depends on what is said")
    return places


def _trimmings(said: str) -> tuple[str, ...]:
    return said, said.strip(), said.rstrip(), said.lstrip()


def _loss_ranges(
    template: ChatTemplate, messages: Sequence[Message], whole: str, places: Mapping[int, tuple[int, int]]
) -> list[tuple[int, int]]:
    """For each turn of the assistant: from the end of its generation prompt to the end of the token that closes it."""
    ranges = []
    for number, message in enumerate(messages):
        if message.role != "assistant":
            continue
        turn = f"turn {number + 1}"
        asked = template.render(messages[:number], add_generation_prompt=True)
        answered = whole if number + 1 == len(messages) else template.render(messages[: number + 1])
        if not answered.startswith(asked):
            raise _unusable(template, f"{turn}: the prompt is not the beginning of the prompt with its answer")
        if not whole.startswith(answered):
            raise _unusable(template, f"{turn}: it is rewritten when later turns follow")
        begin, end = places[number]
        if begin < len(asked):
            raise _unusable(template, f"{turn}: its words are inside the generation prompt")
        tail = answered[end:]
        closing = _control_at_start(tail.lstrip(), template.special)
        ranges.append((len(asked), end + (tail.index(closing) + len(closing) if closing else 0)))
    return ranges
