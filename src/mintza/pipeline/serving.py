"""Models that are served by processes of the study's own: found by whoever asks, started when missing, replaced when they die.

Nobody leads: a process that serves ends by itself when nobody asks, and every stage that asks looks after those that it needs.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import msgspec

from mintza.errors import ModelError, StudyError
from mintza.models.fleet import Place
from mintza.models.providers.endpoints import Endpoint
from mintza.models.settings import ServerSettings, ServeSettings
from mintza.pipeline.parts import Parts
from mintza.store import Lock, Store
from mintza.store.serving import Announced, Announcements
from mintza.study import Study

LOOKED_S = 5.0
"""Between two looks at the queue, at least."""
ROUTINE_S = 60.0
"""Between two looks at the queue when nothing seems wrong: one that nobody asks may have died unseen."""


@dataclass(frozen=True)
class Serving:
    """A model to be served. name: the study's.  key: what is served and how, so that studies of one store share it."""

    study: Path
    name: str
    key: str
    settings: ServeSettings


class Starter(Protocol):
    """Whatever runs the processes: Slurm, or this machine."""

    def live(self, serving: Serving) -> Mapping[int, str]:
        """Number -> name of the job, of those that run or will."""
        ...

    def start(self, serving: Serving, number: int) -> str:
        """Start one; gives the name of the job."""
        ...

    def stop(self, job: str) -> None:
        """Stop one that does not answer."""
        ...

    def last_lines(self, serving: Serving, number: int) -> list[str]:
        """What the last one of this number said at its end."""
        ...


def serving_of(study: Study, parts: Parts, name: str) -> Serving | None:
    """How a model is served; None for one that is not served by the study's own processes."""
    provider = study.settings.models.get(name)
    if not isinstance(provider, ServerSettings) or provider.execution.serve is None:
        return None
    settings = provider.execution.serve
    loaded = settings.model_dump(mode="json", exclude={"idle_s", "starts", "jobs"})
    told = [provider.model, parts.identity(provider.backbone or ""), loaded]
    behind = study.settings.backbones.get(provider.backbone or "")
    if behind is not None and behind.kind == "variant":  # which of its checkpoints, the study as it stands decides
        told.append(hashlib.sha256(study.settings.model_dump_json().encode()).hexdigest())
    return Serving(study.path, name, hashlib.sha256(msgspec.json.encode(told)).hexdigest(), settings)


def announcements_of(store: Store, serving: Serving) -> Announcements:
    """Where its processes say that they serve."""
    return Announcements(store.root / "serving" / serving.key[:20])


def serving_lock(store: Store, serving: Serving, number: int, waiting: Callable[[str], None] | None) -> Lock:
    """What a process that serves holds as long as it lives."""
    return store.lock(f"serve{number}", serving.key, f"number {number} of {serving.name}", waiting)


class Served:
    """A Fleet of the processes of one model. say: a line for the person.  clock: in seconds."""

    def __init__(
        self,
        serving: Serving,
        store: Store,
        starter: Starter,
        say: Callable[[str], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._serving = serving
        self._store = store
        self._starter = starter
        self._say = say
        self._clock = clock
        self._announcements = announcements_of(store, serving)
        self._looked_at = float("-inf")
        self._starts = 0

    def tended(self, known: Sequence[Endpoint]) -> list[Place]:
        """See Fleet. The queue is asked every five seconds while something is missing or in trouble, else once a minute."""
        found = {_name(one): one for one in self._announcements.all()}
        asked = {endpoint.name: endpoint for endpoint in known if not endpoint.given_up or endpoint.name in found}
        for name, endpoint in asked.items():
            if name not in found:
                endpoint.given_up = "it serves no more"
        troubled = [name for name, endpoint in asked.items() if name in found and endpoint.in_trouble]
        wanting = bool(troubled) or len(found) < self._serving.settings.jobs
        if self._clock() - self._looked_at >= (LOOKED_S if wanting else ROUTINE_S):
            self._looked_at = self._clock()
            broken = [name for name in troubled if asked[name].given_up]
            self._mend(found, broken)
        new = [one for name, one in found.items() if name not in {endpoint.name for endpoint in known}]
        self._starts = 0 if any(endpoint.answered for endpoint in known) else self._starts
        return [Place(_name(one), one.url, one.key, self._serving.settings.slots) for one in new]

    def _mend(self, found: dict[str, Announced], broken: Sequence[str]) -> None:
        """Take back what is announced and gone, stop what is up and does not answer, start what is missing."""
        with self._store.lock("serving", self._serving.key, f"serving of {self._serving.name}", waiting=self._say):
            live = dict(self._starter.live(self._serving))
            for name, one in list(found.items()):
                if name in broken and live.get(one.number) == one.job:
                    self._starter.stop(one.job)
                    live.pop(one.number)
                if live.get(one.number) != one.job:
                    self._announcements.withdraw(one)
                    found.pop(name)
            for number in range(self._serving.settings.jobs):
                if number not in live:
                    self._start(number)

    def _start(self, number: int) -> None:
        settings, name = self._serving.settings, self._serving.name
        if self._starts >= settings.starts * settings.jobs:
            last = "; ".join(self._starter.last_lines(self._serving, number))
            raise ModelError(
                f"model {name!r}: {self._starts} processes were started to serve it, and none has answered",
                place=f"{self._serving.study}: models.{name}",
                remedy=f"the last one said: {last or 'nothing'}",
            )
        self._starts += 1
        job = self._starter.start(self._serving, number)
        self._say(f"{name}: started {job} to serve it")


def served_only(serving: Serving | None, name: str, study: Path) -> Serving:
    """Raise StudyError for a model that is not served by processes of the study's own."""
    if serving is None:
        raise StudyError(
            f"model {name!r} does not say how it is to be served",
            place=f"{study}: models",
            remedy="give it `provider: server`, a `backbone`, and `execution: {serve: {jobs: 1}}`",
        )
    return serving


def _name(one: Announced) -> str:
    return f"{urlsplit(one.url).netloc} ({one.job})"
