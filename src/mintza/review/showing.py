"""A candidate as its page shows it: turns side by side, what differs marked, what the checks say in words."""

from __future__ import annotations

from typing import NamedTuple

from mintza.records import Message
from mintza.review.desk import Candidate, Flag, Standing
from mintza.review.marking import Piece, marked
from mintza.review.wording import CHECKS, ROLES
from mintza.web.words import Words

NEAR = 0.7


class Turn(NamedTuple):
    """number: from 1.  theirs: the original in pieces, empty without one.  text: what can be edited."""

    number: int
    role: str
    kind: str
    theirs: list[Piece]
    ours: list[Piece]
    text: str
    editable: bool
    odd: bool


class Said(NamedTuple):
    """A check in words. level: dropped, near or far."""

    text: str
    level: str


def turns_of(candidate: Candidate, words: Words) -> list[Turn]:
    """The turns, with those of the original; where one side has fewer, the other stands alone."""
    ours = candidate.conversation.messages
    theirs = candidate.original.messages if candidate.original is not None else ()
    found = []
    for number in range(max(len(ours), len(theirs))):
        one, other = _at(theirs, number), _at(ours, number)
        role = (other or one or ours[0]).role
        was: list[Piece] = []
        if candidate.original is None:
            now = [Piece("text", other.content if other else "")]
        else:
            was, now = marked(one.content if one else "", other.content if other else "")
        text = other.content if other else ""
        odd = any(piece.kind == "odd" for piece in (*was, *now))
        found.append(Turn(number + 1, words(ROLES[role]), role, was, now, text, other is not None, odd))
    return found


def flags_of(candidate: Candidate, words: Words) -> list[Said]:
    """What the checks say, the worst first."""
    flags = sorted(candidate.flags, key=lambda flag: (not flag.dropped, -flag.doubt))
    return [Said(_sentence(flag, words), _level(flag)) for flag in flags]


def _sentence(flag: Flag, words: Words) -> str:
    name = words(CHECKS[flag.check]) if flag.check in CHECKS else flag.reason or flag.check
    parts = [name]
    if flag.value is not None and flag.threshold is not None:
        parts.append(
            words("%(value)s, limit %(limit)s") % {"value": _number(flag.value), "limit": _number(flag.threshold)}
        )
    if flag.turn is not None:
        parts.append(words("turn %(number)s") % {"number": flag.turn + 1})
    return " · ".join(parts)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _level(flag: Flag) -> str:
    return "dropped" if flag.dropped else "near" if flag.doubt >= NEAR else "far"


def _at(messages: tuple[Message, ...], number: int) -> Message | None:
    return messages[number] if number < len(messages) else None


def time_left(standing: Standing, words: Words) -> str:
    """About how long it still takes, in words; empty where nobody knows."""
    seconds = standing.seconds_left
    if seconds is None or not standing.left:
        return ""
    minutes = max(1, round(seconds / 60))
    if minutes < 90:
        return words.many("about %(count)s minute left", "about %(count)s minutes left", minutes) % {"count": minutes}
    hours = round(minutes / 60)
    return words.many("about %(count)s hour left", "about %(count)s hours left", hours) % {"count": hours}
