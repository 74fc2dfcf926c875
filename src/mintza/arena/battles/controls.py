"""Control battles: one answer is planted, a real one with its words in disorder. Who does not find it worse does not read."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence

from mintza.arena.endpoints.client import Asked, ModelEndpoint

PREFIX = "control:"
"""No name of a model holds a colon."""
AT_ONCE = 14
_WORD = re.compile(r"\S+\s+")


def is_control(model: str) -> bool:
    """Whether this stands for a planted answer."""
    return model.startswith(PREFIX)


def control_of(model: str) -> str:
    """The name under which a model's answer is planted in disorder."""
    return PREFIX + model


def behind(model: str) -> str:
    """The model that is asked."""
    return model.removeprefix(PREFIX)


class PlantedAnswers:
    """A model whose words come in disorder, some at a time, so that length and pace are those of a real answer."""

    def __init__(self, inner: ModelEndpoint, luck: random.Random) -> None:
        self._inner = inner
        self._luck = luck

    async def answer(self, turns: Sequence[Mapping[str, str]], asked: Asked, heard: Callable[[str], None]) -> str:
        """The inner model's pieces, shuffled. Raises EndpointFailed as it does."""
        waiting = ""

        def hear(piece: str) -> None:
            nonlocal waiting
            waiting += piece
            words = _WORD.findall(waiting)
            if len(words) >= AT_ONCE:
                waiting = waiting[sum(map(len, words)) :]
                heard(self._shuffled(words))

        finish = await self._inner.answer(turns, asked, hear)
        if rest := self._shuffled(_WORD.findall(waiting + " ")):
            heard(rest)
        return finish

    def _shuffled(self, words: list[str]) -> str:
        self._luck.shuffle(words)
        return "".join(words)
