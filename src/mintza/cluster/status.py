"""Where every artifact of a study stands on the cluster: what runs where, what waits for what, what failed and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mintza.cluster.ledger import Ledger, Note
from mintza.cluster.serving import STAGE, server_names
from mintza.cluster.slurm import ENDED_WELL, Job, Scheduler
from mintza.cluster.submit import array_of, latest, name_of, names_of, servings
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State, states
from mintza.pipeline.serving import Serving, announcements_of
from mintza.store import Store

Word = Literal["done", "running", "waiting", "failed", "missing"]


@dataclass(frozen=True)
class Standing:
    """Where a node stands. job: its latest.  note: where it runs, why it waits or failed.  last: what it printed last.

    elapsed, left: seconds of a running job; left None without a limit.
    """

    node: str
    word: Word
    job: Job | None
    note: str
    last: tuple[str, ...] = ()


@dataclass(frozen=True)
class Status:
    """standings: in the plan's order.  gpu_hours: of this study's jobs so far, killed runs not counted where nobody knows them.

    servers: of the jobs that serve models; none that ended stands there as failed.
    """

    standings: tuple[Standing, ...]
    gpu_hours: float
    servers: tuple[Standing, ...] = ()

    def count(self, word: Word) -> int:
        """How many stand so."""
        return sum(1 for standing in self.standings if standing.word == word)


def status(plan: Plan, store: Store, scheduler: Scheduler, clock: Callable[[], float] = time.time) -> Status:
    """Ask the queue, the manifests and the jobs' own notes."""
    ledger = Ledger(store.root)
    before = states(plan, store)
    served = servings(plan)
    of_servers = [name for serving in served for name in server_names(serving)]
    jobs = scheduler.jobs([*(name for state in before.values() for name in names_of(state)), *of_servers])
    queue = latest(jobs)
    notes = ledger.notes()
    submitted = {job.name: id_ for id_, job in ledger.submitted().items()}
    now = states(plan, store)
    standings = [
        _shared(_standing(state, queue.get(name_of(state)), submitted.get(name_of(state)), notes, ledger), state, jobs)
        for state in now.values()
    ]
    named = {*map(name_of, now.values()), *of_servers}
    mine = {job.id for job in jobs} | {id_ for id_, job in ledger.submitted().items() if job.name in named}
    spent = sum(_seconds(note, clock()) * note.gpus for id_ in mine for note in notes.get(id_, ()))
    servers = [one for serving in served for one in _servers(serving, store, queue, notes)]
    return Status(tuple(standings), spent / 3600, tuple(servers))


def _servers(serving: Serving, store: Store, queue: dict[str, Job], notes: dict[str, list[Note]]) -> Iterator[Standing]:
    """The jobs of one model that run or wait."""
    up = {one.job: one.url for one in announcements_of(store, serving).all()}
    for name in server_names(serving):
        job = queue.get(name)
        if job is None or not job.live:
            continue
        waits = job.state == "PENDING"
        note = _reason(job.reason, notes.get(job.id, [])) if waits else f"on {job.nodes}"
        at = up.get(f"job {job.id}")
        note += f", serves at {at}" if at else "" if waits else ", not up yet"
        yield Standing(f"{STAGE}/{serving.name}", "waiting" if waits else "running", job, note)


def _standing(
    state: State, job: Job | None, known: str | None, notes: dict[str, list[Note]], ledger: Ledger
) -> Standing:
    node = state.node.id
    if state.complete:
        return Standing(node, "done", job, "")
    if job is not None and job.live:
        last = tuple(ledger.last_lines(job.name, job.id, 1))
        if job.state == "PENDING":
            return Standing(node, "waiting", job, _reason(job.reason, notes.get(job.id, [])), last)
        held = {"SUSPENDED": ", suspended by Slurm", "COMPLETING": ", ending"}.get(job.state, "")
        return Standing(node, "running", job, f"on {job.nodes}{held}", last)
    id_ = job.id if job is not None else known
    if id_ is None:
        return Standing(node, "missing", None, "stale" if state.stale else "not submitted")
    last = tuple(ledger.last_lines(name_of(state), id_))
    return Standing(node, "failed", job, _failure(job, id_, notes.get(id_, [])), last)


def _shared(standing: Standing, state: State, jobs: list[Job]) -> Standing:
    """With what its shards do, while its own job waits for them."""
    if state.node.shards == 1 or standing.word != "waiting":
        return standing
    live = [job for job in jobs if job.name == array_of(state) and job.live]
    running = sum(job.state == "RUNNING" for job in live)
    if not running:
        return standing
    note = f"{running} of {state.node.shards} shards ask; the stage's own job comes after them"
    return replace(standing, word="running", note=note)


def _reason(reason: str, runs: list[Note]) -> str:
    again = f"queued again after {len(runs)} runs; " if runs else ""
    words = {"Dependency": "for its parents", "Priority": "for its turn", "Resources": "for free nodes"}
    words |= {
        "PartitionConfig": "for ever: it asks for more than the partition has (execution.cluster, or the profile)"
    }
    words |= {"None": "for its turn", "BeginTime": "to begin again", "JobHeldUser": "held by you: scontrol release"}
    return again + words.get(reason, reason)


def _failure(job: Job | None, id_: str, runs: list[Note]) -> str:
    """Slurm's word where it still has one, else what the job itself noted."""
    if job is not None and job.state != ENDED_WELL:
        word = job.state.lower().replace("_", " ")
        return f"job {id_}: {word}" + (f" ({job.reason})" if job.reason not in ("None", "") else "")
    if runs and runs[-1].code is not None:
        return f"job {id_}: ended with {runs[-1].code}"
    return f"job {id_}: it is gone, and left no word"


def _seconds(note: Note, now: float) -> float:
    if note.ended is not None:
        return note.ended - note.began
    return 0.0 if note.gpus == 0 else max(0.0, min(now - note.began, 86400.0 * 30))
