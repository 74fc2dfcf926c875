"""What drops a conversation by one of its turns, whoever wrote it: another language, going round in circles."""

from __future__ import annotations

from collections.abc import Iterable

from mintza.records import Message, Verdict
from mintza.text.identify import Identifier, share_of_language
from mintza.text.masks import without_code
from mintza.text.normal import letters
from mintza.text.repetition import repeated_share
from mintza.text.verdicts import dropped


def in_another_language(
    turns: Iterable[Message],
    *,
    of: str,
    code: str,
    identifier: Identifier,
    min_share: float,
    min_letters: int,
) -> Verdict | None:
    """A verdict on the first turn with under `min_share` of its letters in paragraphs of the language. of: the conversation's id.

    Turns of fewer letters than `min_letters`, code left out, are not judged: their language cannot be known.
    """
    for turn in turns:
        if letters(without_code(turn.content)) < min_letters:
            continue
        share = share_of_language(turn.content, code, identifier)
        if share < min_share:
            return dropped(
                of,
                "language",
                f"the {turn.role}'s turn is not in the language",
                unit="conversation",
                value=share,
                threshold=min_share,
                excerpt=turn.content,
            )
    return None


def in_circles(turns: Iterable[Message], *, of: str, max_share: float) -> Verdict | None:
    """A verdict on the first turn of which over `max_share` repeats what stood in it before. of: the conversation's id."""
    for turn in turns:
        share = repeated_share(turn.content)
        if share > max_share:
            return dropped(
                of,
                "repetition",
                f"the {turn.role}'s turn repeats itself",
                unit="conversation",
                value=share,
                threshold=max_share,
                excerpt=turn.content,
            )
    return None
