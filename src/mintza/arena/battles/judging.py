"""What a vote may say, and when. Pure: no database, no request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, get_args

from mintza.arena.refusals import Refused
from mintza.arena.settings import Choice, Voting

LONGEST_REASON = 2000
CHOICES: tuple[Choice, ...] = get_args(Choice)


class Judgement(NamedTuple):
    """A whole vote. overall_asked: whether the person was asked for it, because content and language point apart."""

    content: Choice
    language: Choice
    overall: Choice
    overall_asked: bool
    both_bad: bool
    reason: str | None


def opposite(content: Choice, language: Choice) -> bool:
    """Whether the two point to opposite models: only then is overall asked."""
    return {content, language} == {"a", "b"}


def implied(content: Choice, language: Choice) -> Choice:
    """Overall where it is not asked: content's winner, or language's when content is a tie."""
    return language if content == "tie" else content


def judgement(form: Mapping[str, object], settings: Voting) -> Judgement:
    """The vote that a form holds. Raises Refused when it is not whole, or says more than was asked."""
    content, language = _choice(form.get("content")), _choice(form.get("language"))
    said = form.get("overall") or None
    asked = opposite(content, language)
    if asked and said is None:
        raise Refused("overall_needed", 422)
    overall = _choice(said) if asked else implied(content, language)
    if said is not None and said != overall:
        raise Refused("overall_not_asked", 422)
    bad = form.get("both_bad")
    if not isinstance(bad, bool | None):
        raise Refused("not_a_vote", 422)
    return Judgement(content, language, overall, asked, bool(bad) and settings.both_bad, _reason(form, settings))


def _choice(value: object) -> Choice:
    for choice in CHOICES:
        if value == choice:
            return choice
    raise Refused("not_a_vote", 422)


def _reason(form: Mapping[str, object], settings: Voting) -> str | None:
    reason = form.get("reason")
    if not settings.reason or reason is None:
        return None
    if not isinstance(reason, str) or len(reason) > LONGEST_REASON:
        raise Refused("reason_length", 422)
    return reason.replace("\x00", "").strip() or None
