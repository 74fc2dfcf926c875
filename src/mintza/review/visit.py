"""A request and an answer as the pages see them, whatever the web framework; and what a page is made of."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mintza.errors import MintzaError
from mintza.records import Language
from mintza.review.desk import Desk
from mintza.web.words import Words, words_of

ROOM = Path(__file__).parent
INTERFACE = ("en", "eu")
HTML = "text/html; charset=utf-8"


class Refused(MintzaError):
    """A request that is answered by no. status: of HTTP; the message is for the person, in English, and is translated."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Room:
    """An open review. title: of the study.  key: that visitors must know, None on loopback.  hosts: names it answers to, if limited.

    source: language of the originals, None when nothing was translated.
    """

    desk: Desk
    title: str
    target: Language
    source: Language | None
    key: str | None = None
    hosts: frozenset[str] | None = None


@dataclass(frozen=True)
class Visit:
    """One request. csrf: what its cookie says, and what its forms must say too.

    keyed: whether the visitor has shown the key, or none is asked for.  reviewer: pseudonym, None before one is chosen.
    """

    method: str
    path: str
    query: Mapping[str, str]
    form: Mapping[str, str]
    headers: Mapping[str, str]
    words: Words
    csrf: str
    keyed: bool
    reviewer: str | None


@dataclass(frozen=True)
class Answer:
    """One answer. cookies: name -> value, None to delete it."""

    body: bytes = b""
    status: int = 200
    kind: str = HTML
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str | None] = field(default_factory=dict)


def redirect(to: str, **cookies: str | None) -> Answer:
    """See the other page."""
    return Answer(status=303, headers={"Location": to}, cookies=cookies)


def new_token() -> str:
    """256 random bits as text."""
    return secrets.token_urlsafe(32)


def worn(key: str) -> str:
    """What the cookie of somebody who knows the key holds."""
    return hashlib.sha256(f"mintza review {key}".encode()).hexdigest()


def words_in(tag: str) -> Words:
    """The words of this room's pages in a language."""
    return words_of(ROOM / "locale", "review", tag)
