"""A request and an answer as the pages see them, whatever the web framework: no page knows of FastAPI."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from mintza.arena.accounts.people import Person
from mintza.arena.refusals import Refused
from mintza.arena.words import Words

if TYPE_CHECKING:
    from mintza.arena.app import Arena

Needs = Literal["nothing", "person", "consent", "voter", "staff"]
HTML, JSON, EVENTS = "text/html; charset=utf-8", "application/json", "text/event-stream"


@dataclass(frozen=True)
class Visit:
    """One request. params: of the address.  form: of the body.  address: of the client, grouped, for limits alone.

    session: its token, "" without.  visitor: a cookie that ties forms to a browser before anybody has logged in.
    """

    method: str
    path: str
    params: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, Any]
    headers: Mapping[str, str]
    address: str
    words: Words
    person: Person | None
    session: str
    visitor: str
    csrf: str

    @property
    def someone(self) -> Person:
        """Who is there. Raises Refused (401) when nobody is."""
        if self.person is None:
            raise Refused("not_logged_in", 401)
        return self.person

    def text(self, name: str, most: int = 300) -> str:
        """A field of the form as text, "" without it. Raises Refused when it is no text or too long."""
        value = self.form.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise Refused("bad_form", 422)
        return value.replace("\x00", "")


@dataclass(frozen=True)
class Answer:
    """One answer. cookies: name -> value, None to delete it.  stream: in place of the body."""

    body: bytes = b""
    status: int = 200
    kind: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str | None] = field(default_factory=dict)
    stream: AsyncIterator[bytes] | None = None


Handler = Callable[["Arena", Visit], Awaitable[Answer]]


class Route(NamedTuple):
    """One address. needs: who may ask.  does: for the OpenAPI page.

    Of `api` routes besides: form: JSON schema of the body.  gives: of an answer, None for a stream of events.
    status: of answers that say yes.
    """

    method: Literal["GET", "POST"]
    path: str
    handler: Handler
    does: str
    needs: Needs = "nothing"
    form: Mapping[str, Any] | None = None
    gives: Mapping[str, Any] | None = None
    status: tuple[int, ...] = (200,)

    @property
    def api(self) -> bool:
        """Whether programs talk to it: errors are then JSON."""
        return self.path.startswith("/api/")


def redirect(to: str, **cookies: str | None) -> Answer:
    """See the other page."""
    return Answer(status=303, headers={"Location": to}, cookies=cookies)


def as_json(value: object, status: int = 200) -> Answer:
    """A value for a program."""
    return Answer(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode(), status, JSON)
