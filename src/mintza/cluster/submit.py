"""What is missing becomes jobs. Run again at any time: it submits what is missing then, and nothing twice."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from mintza.cluster.ledger import Ledger, Submitted, submission
from mintza.cluster.profile import resources_of, unmatched
from mintza.cluster.script import made_by, options, script
from mintza.cluster.serving import STAGE, Jobs, server_names
from mintza.cluster.slurm import ENDED_WELL, NEVER, ClusterError, Job, Scheduler
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State, refuse_missing, select, states
from mintza.pipeline.serving import Serving, serving_of
from mintza.store import Store
from mintza.store.disk import explained
from mintza.study.cluster import Profile

NAME_DIGITS = 20


@dataclass(frozen=True)
class Placed:
    """What became of one node. job: its id, None when it is complete, or on a dry run.  why: in a few words.  new: submitted now.

    serves: whether it is no artifact, but a job that serves a model.
    """

    node: str
    job: str | None
    why: str
    new: bool
    after: tuple[str, ...] = ()
    serves: bool = False


def name_of(state: State) -> str:
    """The name of the job that makes an artifact: derived from its key, so that it cannot be submitted twice."""
    return f"mintza-{state.node.stage.name}-{state.key[:NAME_DIGITS]}"


def array_of(state: State) -> str:
    """The name of the jobs that ask shares of the requests of an artifact."""
    return f"{name_of(state)}-shards"


def names_of(state: State) -> list[str]:
    """The names of all jobs of an artifact."""
    return [name_of(state), *([array_of(state)] if state.node.shards > 1 else [])]


def submit(
    plan: Plan,
    store: Store,
    scheduler: Scheduler,
    profile: Profile,
    *,
    only: str | None = None,
    dry_run: bool = False,
    say: Callable[[str], None] = lambda line: None,
) -> Iterator[Placed]:
    """Submit a job for every artifact that is neither complete nor in the queue, after those that it is made from.

    Raises MissingPart before anything is submitted when a part is missing; ClusterError with Slurm's own words.
    """
    nodes = select(plan, only)
    for pattern in unmatched(plan):
        say(f"note: execution.cluster.cells: no artifact fits '{pattern}'")
    store.prepare()
    ledger = Ledger(store.root)
    ledger.prepare()
    with explained(store.root), submission(store, say):
        store.register(plan.study.path)
        # The queue first, the manifests after: a job that ends in between is then seen as complete, and never as missing.
        now = states(plan, store)
        missing = [now[node.id] for node in nodes if not now[node.id].complete]
        names = [name for state in missing for name in names_of(state)]
        queue = latest(scheduler.jobs([*names, *(name for one in servings(plan) for name in server_names(one))]))
        now = states(plan, store)
        refuse_missing([node for node in nodes if not now[node.id].complete])
        submitter = _Submitter(plan, store, scheduler, profile, queue, dry_run=dry_run)
        for node in nodes:
            yield from submitter.place(now[node.id])


def servings(plan: Plan) -> list[Serving]:
    """How the models are served that the study's own jobs serve."""
    asked = dict.fromkeys(name for node in plan.nodes.values() for name in node.asks)
    found = (serving_of(plan.study, plan.parts, name) for name in asked)
    return [serving for serving in found if serving is not None]


def latest(jobs: list[Job]) -> dict[str, Job]:
    """The last job of every name; a live one before one that ended."""
    found: dict[str, Job] = {}
    for job in jobs:
        if job.name not in found or job.live or not found[job.name].live:
            found[job.name] = job
    return found


class _Submitter:
    def __init__(
        self,
        plan: Plan,
        store: Store,
        scheduler: Scheduler,
        profile: Profile,
        queue: dict[str, Job],
        *,
        dry_run: bool,
    ) -> None:
        self.plan = plan
        self.scheduler = scheduler
        self.profile = profile
        self.ledger = ledger = Ledger(store.root)
        self.queue = queue
        self.dry_run = dry_run
        self.submitted: dict[str, Submitted] = ledger.submitted()
        self.jobs: dict[str, str] = {}
        self.servers = Jobs(plan.study, store, scheduler, profile)
        self.servings = {serving.name: serving for serving in servings(plan)}
        self.serving: dict[str, str] = {}

    def place(self, state: State) -> Iterator[Placed]:
        """Leave a complete one, find a queued one, submit a missing one, after the jobs that serve what it asks."""
        node = state.node.id
        if state.complete:
            yield Placed(node, None, "complete", new=False)
            return
        waited = (*state.node.parents, *state.node.gates)
        after = tuple(dict.fromkeys(self.jobs[parent] for parent in waited if parent in self.jobs))
        job = self.queue.get(name_of(state))
        if job is None or not job.live:
            yield from self._served(state, after)
        shares = self._shares(state, after) if state.node.shards > 1 else None
        if job is not None and job.live and self._waits_in_vain(job, (*after, *([shares] if shares else []))):
            if not self.dry_run:
                self.scheduler.cancel([job.id])
            why = f"job {job.id} waits for one that is gone"
        elif job is not None and job.live:
            self.jobs[node] = job.id
            yield Placed(node, job.id, _queued_as(job), new=False, after=after)
            return
        else:
            why = self._why(state, job)
        self.jobs[node] = self._submitted(state, after, shares)
        yield Placed(node, None if self.dry_run else self.jobs[node], why, new=True, after=after)

    def _served(self, state: State, after: tuple[str, ...]) -> Iterator[Placed]:
        """See that what a stage asks is served when its turn comes; whoever asks looks after it from then on."""
        for serving in (self.servings[name] for name in state.node.asks if name in self.servings):
            node = f"{STAGE}/{serving.name}"
            for number, name in enumerate(server_names(serving)):
                if name in self.serving:
                    continue
                job = self.queue.get(name)
                new = job is None or not job.live or self._waits_in_vain(job, ())
                if job is not None and job.live and not new:
                    why = _queued_as(job)
                    self.serving[name] = job.id
                else:
                    why = f"for {state.node.id}"
                    self.serving[name] = f"({node})" if self.dry_run else self.servers.submitted(serving, number, after)
                shown = None if self.dry_run and new else self.serving[name]
                yield Placed(node, shown, why, new=new, after=after if new else (), serves=True)

    def _shares(self, state: State, after: tuple[str, ...]) -> str | None:
        """The array that asks an artifact's requests; None when it has asked them all, or the artifact's own job runs already."""
        own, array = self.queue.get(name_of(state)), self.queue.get(array_of(state))
        if own is not None and own.live and own.state != "PENDING":
            return None
        if array is not None and array.live and not self._waits_in_vain(array, after):
            return array.id.partition("_")[0]
        if array is not None and array.live and not self.dry_run:
            self.scheduler.cancel([array.id.partition("_")[0]])
        elif array is not None and array.state == ENDED_WELL:
            return None
        if self.dry_run:
            return f"({state.node.id}: {state.node.shards} shards)"
        return self._queued(state, array_of(state), after, shards=state.node.shards)

    def _waits_in_vain(self, job: Job, after: tuple[str, ...]) -> bool:
        """Whether a waiting job waits for another job than the one that now makes its parent."""
        if job.state != "PENDING":
            return False
        if job.reason == NEVER:
            return True
        known = self.submitted.get(job.id.partition("_")[0])
        return known is not None and not set(after) <= set(known.after)

    def _why(self, state: State, job: Job | None) -> str:
        if state.stale:
            return "stale: what it was made from has changed"
        if job is None:
            return "missing"
        ended = job.state.lower().replace("_", " ")
        return f"job {job.id} ended ({ended}) without completing it"

    def _submitted(self, state: State, after: tuple[str, ...], shares: str | None) -> str:
        return f"({state.node.id})" if self.dry_run else self._queued(state, name_of(state), after, shares=shares)

    def _queued(
        self, state: State, name: str, after: tuple[str, ...], *, shares: str | None = None, shards: int = 1
    ) -> str:
        """Submit a job of an artifact. shares: the array that it waits for.  shards: tasks of an array that it is."""
        node, profile = state.node, self.profile
        asks, path = resources_of(node, self.plan.study, profile), self.plan.study.path
        command = made_by(path, node.id, state.key, shards)
        text = script(f"{node.id} of {path.name}", command, profile, asks, self.ledger.notes_folder)
        asked = [server_names(self.servings[name])[0] for name in node.asks if name in self.servings]
        told = options(
            *(name, _comment(node.id), asks, profile, self.ledger.logs, list(after)),
            after_any=shares,
            after_start=[self.serving[server] for server in asked if server in self.serving],
            shards=shards,
        )
        try:
            job = self.scheduler.submit(text, told)
        except ClusterError as error:
            error.place = f"{path}: {error.place} for {node.id}"
            raise
        self.ledger.add(job, name, node.id, (*after, *([shares] if shares else [])))
        return job


def _queued_as(job: Job) -> str:
    """Whether a job that is ending will be queued again, as one that was told to save is, Slurm does not say."""
    if job.state == "COMPLETING":
        return "is ending: submit once more when it has, unless it is queued again"
    return f"in the queue: {job.state.lower()}"


def _comment(node: str) -> str:
    return re.sub(r"[^A-Za-z0-9._+@/-]", "_", node)
