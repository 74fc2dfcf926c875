"""How an exam that is answered in words is put: turns under a chat template, plain text without one, examples before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import ascii_uppercase
from typing import NamedTuple

import msgspec

from mintza.records import Item, Message

BETWEEN = "\n\n"
"""Between examples in plain text, as in lm-eval."""
_LISTED = re.compile(r"^([A-Z])[:.)] (.*)$")


class Put(NamedTuple):
    """An item as it is put. asked: the text.  said: what answers it."""

    asked: str
    said: str


def messages(shown: list[Put], item: Put, system: str | None) -> tuple[Message, ...]:
    """System prompt, examples as turns of both sides, the question."""
    turns = [Message(role="system", content=system)] if system else []
    for one in shown:
        turns += [Message(role="user", content=one.asked), Message(role="assistant", content=one.said)]
    return (*turns, Message(role="user", content=item.asked))


def plain(shown: list[Put], item: Put, delimiter: str) -> str:
    """Examples with their answers, an empty line after each, then the question."""
    return "".join(f"{one.asked}{delimiter}{one.said}{BETWEEN}" for one in shown) + item.asked


def shown_before(item: Item, pool: Mapping[tuple[str, str, str], Item]) -> list[Item]:
    """The item's examples. pool: items by exam, language and id."""
    return [pool[item.exam, item.language, key] for key in item.shown]


def written(item: Item, *, talk: bool) -> Put:
    """An item that is answered in its own words."""
    return Put(item.question if talk else item.prompt or item.question, item.target)


def letters_of(item: Item) -> str:
    """As many letters as there are choices."""
    return ascii_uppercase[: len(item.choices)]


def lists_letters(item: Item) -> bool:
    """Whether the choices are the letters themselves, and the question lists what they stand for."""
    return item.choices == tuple(letters_of(item))


def lettered(item: Item, *, talk: bool) -> Put:
    """An item whose choices are listed with letters, and its letter; before the last line if that is where the answer begins."""
    text = written(item, talk=talk).asked
    if not lists_letters(item):
        listed = "\n".join(f"{letter}: {choice}" for letter, choice in zip(letters_of(item), item.choices, strict=True))
        text = _inserted(text, listed)
    return Put(text, letters_of(item)[item.answer])


def cloze(item: Item) -> Item | None:
    """The item with the words that its letters stand for as choices and out of its question; None where they are not found."""
    found = [_without_options(text, letters_of(item)) for text in (item.question, item.prompt or item.question)]
    if not lists_letters(item) or found[0] is None or found[1] is None:
        return None
    (question, choices), (prompt, _) = found[0], found[1]
    if len(set(choices)) < len(choices) or not all(choice.strip() for choice in choices):
        return None
    return msgspec.structs.replace(item, question=question, prompt=prompt, choices=choices)


def _inserted(text: str, listed: str) -> str:
    before, newline, last = text.rpartition("\n")
    return f"{before}\n{listed}\n{last}" if newline and last.rstrip().endswith(":") else f"{text}\n{listed}"


def _without_options(text: str, letters: str) -> tuple[str, tuple[str, ...]] | None:
    """The text without the last lines that list the letters in order, and what they list."""
    lines = text.split("\n")
    for first in range(len(lines) - len(letters), -1, -1):
        found = [_LISTED.match(line) for line in lines[first : first + len(letters)]]
        if all(one is not None and one[1] == letter for one, letter in zip(found, letters, strict=True)):
            rest = [*lines[:first], *lines[first + len(letters) :]]
            return "\n".join(rest), tuple(one[2] for one in found if one is not None)
    return None
