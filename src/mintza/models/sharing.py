"""Several processes ask the same requests, each its share of them, and all of them see every answer. Nobody leads."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

from mintza.errors import Held
from mintza.models.journal import Journal
from mintza.models.journalled import Journalled
from mintza.models.requests import body_of, key_of, same_of
from mintza.models.seam import Around, ChatPrompt, Completion, JsonSchema, Likelihood, Pair, Prompt, Sampling

LOT = 16384
"""Requests that are shared out at a time."""

Asked = TypeVar("Asked", Prompt, ChatPrompt)


class NotShared(Exception):
    """What is asked next is not shared out: likelihoods are in no journal."""


@dataclass
class Sharing:
    """Who asks what. own: the share of this process.  shares: how many there are.

    take: to ask a share that nobody else does, while the context lasts; raises Held when somebody does.
    absent_s: how long nobody need hold a share for another to ask it.  patience_s: how long one that is held may give no answer.
    """

    own: int
    shares: int
    take: Callable[[int], AbstractContextManager[object]]
    absent_s: float = 5.0
    patience_s: float = 1800.0
    pause_s: float = 0.2
    clock: Callable[[], float] = field(default=time.monotonic)
    sleep: Callable[[float], None] = field(default=time.sleep)

    def share_of(self, key: str) -> int:
        """The share that a request belongs to, whoever looks."""
        return int(key[:12], 16) % self.shares


class Shared(Around):
    """A TextModel that asks its share of every lot of requests, and waits for the answers to the others.

    Whoever uses it meets every answer, so that all processes go the same way through a stage and come to the same
    requests. A share whose process has not begun, or is gone, is asked by those that are there. The own share is held by whoever
    made this. Raises Held when another process holds a share and gives no answer within the patience.
    """

    def __init__(self, model: Journalled, journal: Journal, sharing: Sharing) -> None:
        super().__init__(model)
        self._journal = journal
        self._sharing = sharing
        self._failures: dict[str, Completion] = {}
        self._stood_in: set[int] = set()

    def complete(self, prompts: Iterable[Prompt], sampling: Sampling) -> Iterator[Completion]:
        """Continue each raw text, or find it continued."""

        def key(prompt: Prompt) -> str:
            return key_of({**same_of(self.ref, sampling, None), **body_of(prompt)})

        return self._answers(prompts, key, lambda some: self._model.complete(some, sampling))

    def chat(
        self, prompts: Iterable[ChatPrompt], sampling: Sampling, schema: JsonSchema | None = None
    ) -> Iterator[Completion]:
        """Answer each conversation, or find it answered."""

        def key(prompt: ChatPrompt) -> str:
            return key_of({**same_of(self.ref, sampling, schema), **body_of(prompt)})

        return self._answers(prompts, key, lambda some: self._model.chat(some, sampling, schema))

    def likelihood(self, pairs: Iterable[Pair]) -> Iterator[Likelihood]:
        """Raises NotShared."""
        raise NotShared

    def _answers(
        self,
        prompts: Iterable[Asked],
        key: Callable[[Asked], str],
        ask: Callable[[list[Asked]], Iterator[Completion]],
    ) -> Iterator[Completion]:
        source = iter(prompts)
        while lot := list(islice(source, LOT)):
            keyed = [(key(prompt), prompt) for prompt in lot]
            self._complete(keyed, ask)
            for name, _ in keyed:
                found = self._journal.get(name) or self._failures.get(name)
                assert found is not None, "a lot is complete when all of it is answered"
                yield found

    def _complete(self, keyed: list[tuple[str, Asked]], ask: Callable[[list[Asked]], Iterator[Completion]]) -> None:
        """Return when every request of a lot is in the journal or has failed."""
        sharing = self._sharing
        self._failures |= self._journal.refresh()
        self._ask(sharing.own, keyed, ask)
        since = sharing.clock()
        left = len(keyed) + 1
        while missing := self._missing(keyed):
            if len(missing) < left:
                left, since = len(missing), sharing.clock()
            waited = sharing.clock() - since
            wanted = {sharing.share_of(name) for name in missing}
            long = waited >= sharing.absent_s
            if self._stand_in(wanted if long else wanted & self._stood_in, keyed, ask):
                pass
            elif not long or not self._failed_before(missing):
                if waited >= sharing.patience_s:
                    raise _no_answer(len(missing), waited)
                sharing.sleep(sharing.pause_s)
            self._failures |= self._journal.refresh()

    def _stand_in(
        self,
        wanted: set[int],
        keyed: list[tuple[str, Asked]],
        ask: Callable[[list[Asked]], Iterator[Completion]],
    ) -> bool:
        """Ask one of these shares that nobody holds; False when all of them are held."""
        shares, own = self._sharing.shares, self._sharing.own
        for share in sorted(wanted, key=lambda one: (one - own) % shares):
            try:
                with self._sharing.take(share):
                    # Its last holder may have had answers that were not read yet.
                    self._failures |= self._journal.refresh()
                    self._ask(share, keyed, ask)
                    self._stood_in.add(share)
                    return True
            except Held:
                self._stood_in.discard(share)
        return False

    def _failed_before(self, missing: Iterable[str]) -> bool:
        """Take it for failed what failed before this process came: whoever holds it has gone on from there."""
        known = self._journal.failures()
        found = {name: known[name] for name in missing if name in known}
        self._failures |= found
        return bool(found)

    def _missing(self, keyed: list[tuple[str, Asked]]) -> dict[str, Asked]:
        return {name: prompt for name, prompt in keyed if name not in self._journal and name not in self._failures}

    def _ask(
        self,
        share: int,
        keyed: list[tuple[str, Asked]],
        ask: Callable[[list[Asked]], Iterator[Completion]],
    ) -> None:
        mine = {n: prompt for n, prompt in self._missing(keyed).items() if self._sharing.share_of(n) == share}
        if mine:
            for name, answer in zip(mine, ask(list(mine.values())), strict=True):
                if answer.finish_reason == "error":
                    self._failures[name] = answer


def _no_answer(missing: int, waited: float) -> Held:
    return Held(
        f"{missing} requests are others' to ask, who have given no answer in {waited:.0f} s",
        remedy="look at what they print; the stage itself asks whatever is left",
    )
