"""Models served by jobs: found in the queue by their names, submitted when they are missing."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping, Sequence

from mintza.cluster.ledger import Ledger, submission
from mintza.cluster.profile import SERVE, resources_for
from mintza.cluster.script import options, script
from mintza.cluster.slurm import Scheduler
from mintza.pipeline.serving import Serving
from mintza.store import Store
from mintza.store.disk import explained
from mintza.study import Study
from mintza.study.cluster import Profile

STAGE = SERVE


def server_name(serving: Serving, number: int) -> str:
    """The name of a job that serves: derived from what it serves, so that it is not submitted twice."""
    return f"mintza-{STAGE}-{serving.key[:20]}-{number}"


def server_names(serving: Serving) -> list[str]:
    """The names of all jobs that serve a model."""
    return [server_name(serving, number) for number in range(serving.settings.jobs)]


class Jobs:
    """A Starter that submits to Slurm."""

    def __init__(self, study: Study, store: Store, scheduler: Scheduler, profile: Profile) -> None:
        self._study = study
        self._store = store
        self._scheduler = scheduler
        self._profile = profile
        self._ledger = Ledger(store.root)

    def live(self, serving: Serving) -> Mapping[int, str]:
        """See Starter."""
        numbers = {name: number for number, name in enumerate(server_names(serving))}
        return {numbers[job.name]: f"job {job.id}" for job in self._scheduler.jobs(list(numbers)) if job.live}

    def start(self, serving: Serving, number: int) -> str:
        """See Starter."""
        self._ledger.prepare()
        with explained(self._store.root), submission(self._store, lambda line: None):
            return f"job {self.submitted(serving, number, ())}"

    def submitted(self, serving: Serving, number: int, after: Sequence[str]) -> str:
        """Submit one under the lock of submission, to start when the jobs `after` have ended well; gives its id."""
        node, name = f"{STAGE}/{serving.name}", server_name(serving, number)
        asks = resources_for(STAGE, node, self._study, self._profile)
        command = [sys.executable, "-m", "mintza.cli", "serve", str(self._study.path), serving.name]
        text = script(
            f"{node} of {self._study.path.name}",
            shlex.join([*command, "--number", str(number)]),
            self._profile,
            asks,
            self._ledger.notes_folder,
        )
        job = self._scheduler.submit(text, options(name, node, asks, self._profile, self._ledger.logs, list(after)))
        self._ledger.add(job, name, node, tuple(after))
        return job

    def stop(self, job: str) -> None:
        """See Starter."""
        self._scheduler.cancel([job.removeprefix("job ")])

    def last_lines(self, serving: Serving, number: int) -> list[str]:
        """See Starter."""
        name = server_name(serving, number)
        known = self._ledger.named(self._ledger.notes()).get(name)
        return self._ledger.last_lines(name, known[-1]) if known else []
