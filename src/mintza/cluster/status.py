"""Where every artifact of a study stands on the cluster: what runs where, what waits for what, what failed and why."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Literal

from mintza.cluster.ledger import Ledger, Note
from mintza.cluster.serving import STAGE, server_names
from mintza.cluster.slurm import ENDED_WELL, NEVER, Job, Scheduler
from mintza.cluster.submit import array_of, latest, name_of, names_of, servings
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State, states
from mintza.pipeline.serving import Serving, announcements_of
from mintza.store import Store

Word = Literal["done", "running", "waiting", "failed", "missing"]


@dataclass(frozen=True)
class Standing:
    """Where a node stands. job: its latest.  note: where it runs, why it waits or failed.  last: what it printed last.

    A note of one that is done says how its latest job ended, where that was not well: there is nothing to do.

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
    known = ledger.named(notes)
    now = states(plan, store)
    standings = [
        _shared(_standing(state, queue.get(name_of(state)), known.get(name_of(state), []), notes, ledger), state, jobs)
        for state in now.values()
    ]
    names = {*(name for state in now.values() for name in names_of(state)), *of_servers}
    by_id = {job.id: job for job in jobs}
    mine = {*by_id, *(id_ for name in names for id_ in known.get(name, ()))}
    spent = sum(_gpu_seconds(notes.get(id_, []), by_id.get(id_), clock()) for id_ in mine)
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
    state: State, job: Job | None, known: list[str], notes: dict[str, list[Note]], ledger: Ledger
) -> Standing:
    node = state.node.id
    if state.complete:
        odd = job is not None and not job.live and job.state != ENDED_WELL
        return Standing(node, "done", job, _failure(job, job.id, notes, ledger) if odd and job is not None else "")
    if job is not None and job.live:
        last = tuple(ledger.last_lines(job.name, job.id, 1))
        if job.state == "PENDING":
            return Standing(node, "waiting", job, _reason(job.reason, notes.get(job.id, [])), last)
        held = {"SUSPENDED": ", suspended by Slurm", "COMPLETING": ", ending"}.get(job.state, "")
        return Standing(node, "running", job, f"on {job.nodes}{held}", last)
    if job is None and not known:
        return Standing(node, "missing", None, "stale" if state.stale else "not submitted")
    id_ = job.id if job is not None else known[-1]
    last = tuple(ledger.last_lines(name_of(state), id_))
    return Standing(node, "failed", job, _failure(job, id_, notes, ledger), last)


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


def _failure(job: Job | None, id_: str, notes: dict[str, list[Note]], ledger: Ledger) -> str:
    """Slurm's word where it still has one, else what the job itself noted."""
    runs = notes.get(id_, [])
    if job is not None and _refused(job, runs, ledger):
        return f"job {id_}: no node would start it{' again' if runs else ''}; it did not run"
    if job is not None and job.reason == NEVER:
        return f"job {id_}: dropped by Slurm, since what it waited for did not end well"
    if job is not None and job.state != ENDED_WELL:
        word = job.state.lower().replace("_", " ")
        code = runs[-1].code if runs and job.state == "FAILED" else None
        why = f"it ended with {code}" if code else job.reason
        return f"job {id_}: {word}" + (f" ({why})" if why not in ("None", "") else "")
    if runs and runs[-1].code is not None:
        return f"job {id_}: ended with {runs[-1].code}"
    return f"job {id_}: it is gone, and left no word"


def _refused(job: Job, runs: list[Note], ledger: Ledger) -> bool:
    """Whether Slurm wanted to begin a job and its node refused: it calls that a failure of the job, after no time at all.

    So it does when the node still thinks of a run of the job that was taken back (`Job credential revoked`), or heard of it too late.
    """
    if job.state != "FAILED" or job.elapsed > 0:
        return False
    if not runs:
        return not ledger.printed(job.name, job.id)
    # The last run that the job knows of took its time: the one of no time at all was another.
    return runs[-1].ended is None or runs[-1].ended - runs[-1].began > 1


def _gpu_seconds(runs: list[Note], job: Job | None, now: float) -> float:
    """Seconds times GPUs of a job's runs. Of one that was killed what Slurm knows of it, which is of the last one."""
    spent = 0.0
    for note in runs:
        seconds = 0.0
        if note.ended is not None:
            seconds = note.ended - note.began
        elif note is runs[-1] and job is not None and job.state != "PENDING":
            seconds = now - note.began if job.live else job.elapsed
        spent += max(0.0, seconds) * note.gpus
    return spent
