"""What a source of written conversations gives: rows with their places; and how a row becomes a conversation."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from mintza.errors import BadInput
from mintza.instruct.settings import Source
from mintza.records import Conversation, Message, Provenance
from mintza.text.normal import well_formed


class Row(NamedTuple):
    """place: `file:line`, or `data set#row`.  value: as it was read, None when it could not be.  wrong: why not."""

    place: str
    value: Any
    wrong: str = ""


class Rows(Protocol):
    """A source of rows."""

    @property
    def name(self) -> str:
        """For provenance: the same on every machine."""
        ...

    def present(self) -> None:
        """Raise BadInput or MissingPart when it is plainly not there. Nothing is read."""
        ...

    def fingerprint(self) -> str:
        """sha256 of what would be read. Raises BadInput or MissingPart when it is not there."""
        ...

    def __iter__(self) -> Iterator[Row]:
        """The rows in order."""
        ...


@dataclass(frozen=True)
class Shape:
    """Makes conversations of rows. source: name of the source.  settings: its, for the names of its keys."""

    settings: Source
    source: str
    component: str
    language: str

    def belongs(self, row: Row) -> bool:
        """Whether a row is of this set at all, by the settings' `only`."""
        if row.wrong or not isinstance(row.value, Mapping):
            return True
        return all(str(row.value.get(key)) == wanted for key, wanted in self.settings.only.items())

    def conversation(self, row: Row, ordinal: int) -> Conversation:
        """The conversation of a row. Raises BadInput that names the place and what is wrong with it."""
        if row.wrong:
            raise BadInput(row.wrong, place=row.place, remedy=REMEDY)
        if not isinstance(row.value, Mapping):
            raise BadInput("this is no JSON object", place=row.place, remedy=REMEDY)
        messages = self._messages(row)
        _check_turns(messages, row.place)
        own = row.value.get("id")
        return Conversation(
            id=f"{self.component}-{ordinal:06d}" if own is None else str(own),
            language=self.language,
            component=self.component,
            messages=messages,
            provenance=Provenance(source=self.source, license=self._license(row)),
        )

    def _license(self, row: Row) -> str:
        found = row.value.get("license") or self.settings.license
        if isinstance(found, str):
            return found
        raise BadInput(
            "it has no licence",
            place=row.place,
            remedy="write `license: SPDX-ID` in the source's settings, or a `license` in each row",
        )

    def _messages(self, row: Row) -> tuple[Message, ...]:
        if self.settings.prompt is not None and self.settings.answer is not None:
            asked, said = row.value.get(self.settings.prompt), row.value.get(self.settings.answer)
            raw: Any = [{"role": "user", "content": asked}, {"role": "assistant", "content": said}]
        else:
            raw = row.value.get(self.settings.messages)
        if not isinstance(raw, list) or not raw:
            raise BadInput(
                f"it has no list of messages under '{self.settings.messages}'", place=row.place, remedy=REMEDY
            )
        return tuple(_message(value, number, row.place) for number, value in enumerate(raw, start=1))


REMEDY = 'write {"messages": [{"role": "user", "content": "..."}, {"role": "assistant", "content": "..."}]}, or `on_bad_input: skip`'


def _message(value: Any, number: int, place: str) -> Message:
    role = value.get("role") if isinstance(value, Mapping) else None
    content = value.get("content") if isinstance(value, Mapping) else None
    if role not in ("system", "user", "assistant"):
        raise BadInput("a role is not system, user or assistant", place=f"{place}, message {number}", remedy=REMEDY)
    if not isinstance(content, str) or not content.strip():
        raise BadInput("a message says nothing", place=f"{place}, message {number}", remedy=REMEDY)
    return Message(role=role, content=well_formed(content))


def _check_turns(messages: tuple[Message, ...], place: str) -> None:
    said = [message.role for message in messages[1 if messages[0].role == "system" else 0 :]]
    if not said or said != (["user", "assistant"] * len(said))[: len(said)]:
        raise BadInput("user and assistant do not take turns, the user first", place=place, remedy=REMEDY)
    if said[-1] != "assistant":
        raise BadInput("the last turn is the user's: there is nothing to learn from it", place=place, remedy=REMEDY)
