"""Answers in which a model says its name: the vote is then no longer blind, and is flagged."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from mintza.arena.settings import ArenaModel
from mintza.records import Language

_SHORTEST = 4


class NameSpotter:
    """Finds names of models, and the phrases of the languages by which an assistant names itself."""

    def __init__(self, languages: Sequence[Language], models: Iterable[tuple[str, ArenaModel]]) -> None:
        phrases = {phrase for language in languages for phrase in language.identity_phrases}
        for name, settings in models:
            phrases |= {name, settings.model.rpartition("/")[2], *settings.words}
            phrases |= _stems(name) | _stems(settings.model)
        words = sorted(
            (re.escape(p.casefold()) for p in phrases if len(p) > 1 and p.casefold() not in _ORDINARY),
            key=len,
            reverse=True,
        )
        # In a language with endings a name goes on after itself: what stands before it must be no letter.
        self._pattern = re.compile(r"(?<!\w)(?:" + "|".join(words) + ")")

    def names_a_model(self, text: str) -> bool:
        """Whether the text gives a model away."""
        return self._pattern.search(" ".join(text.casefold().split())) is not None


def _stems(name: str) -> set[str]:
    """`latxa` of `Latxa-3.1-8B`: the letters a name begins with, when they are no ordinary short word."""
    head = re.match(r"[^\W\d_]+", name.rpartition("/")[2])
    return (
        {head.group()}
        if head and len(head.group()) >= _SHORTEST and head.group().casefold() not in _ORDINARY
        else set()
    )


_ORDINARY = frozenset(
    {"base", "model", "instruct", "chat", "corpus", "small", "large", "tiny", "demo", "test", "variant"}
)
