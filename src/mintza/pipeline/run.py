"""Folds the stage table over the cells: makes what is missing, skips what is complete, waits for what others hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

from mintza.errors import MintzaError, MissingPart, StudyError
from mintza.patient_threads import wait_patiently
from mintza.pipeline.keys import commit, key_of, library_version
from mintza.pipeline.plan import Node, Plan
from mintza.pipeline.serving import Starter
from mintza.pipeline.work import Work
from mintza.progress import Progress
from mintza.records import Artifact, Parent
from mintza.store import Description, Store
from mintza.store.disk import explained
from mintza.train.few_kernels import keep_few_kernels


class Listener(Protocol):
    """Hears how a run goes, and shows it."""

    def begins(self, node: str, does: str) -> Progress:
        """A node is begun; gives the progress that its stage calls."""
        ...

    def ends(self, node: str, artifact: Artifact, made: bool) -> None:
        """A node is complete: made now, or found."""
        ...

    def say(self, line: str) -> None:
        """Something worth a line."""
        ...


@dataclass(frozen=True)
class State:
    """Where a node stands. key: its key.  artifact: its manifest when complete.  stale: complete, but of other parents."""

    node: Node
    key: str
    artifact: Artifact | None
    stale: bool

    @property
    def complete(self) -> bool:
        """Whether there is nothing to do for it."""
        return self.artifact is not None and not self.stale


def keys(plan: Plan) -> dict[str, str]:
    """The key of every node."""
    found: dict[str, str] = {}
    for node in plan.nodes.values():
        libraries = {name: library_version(name) for name in node.stage.libraries}
        parents = [found[parent] for parent in node.parents]
        found[node.id] = key_of(node.stage.name, node.stage.revision, libraries, node.settings, parents)
    return found


def states(plan: Plan, store: Store) -> dict[str, State]:
    """Where every node stands in a store."""
    found: dict[str, State] = {}
    for node_id, key in keys(plan).items():
        node = plan.nodes[node_id]
        artifact = store.find(node.stage.name, key)
        found[node_id] = State(node, key, artifact, artifact is not None and _is_stale(artifact, node, found))
    return found


def _is_stale(artifact: Artifact, node: Node, found: dict[str, State]) -> bool:
    """Whether a parent has another content now, or must itself be made again."""
    now = [found[parent].artifact for parent in node.parents]
    if any(not found[parent].complete for parent in node.parents):
        return True
    return [p.content_sha256 for p in artifact.parents] != [a.content_sha256 for a in now if a is not None]


def select(plan: Plan, only: str | None) -> list[Node]:
    """The nodes to run: all, or those of `STAGE[/CELL]` with all that they are made from. Raises StudyError for an unknown one."""
    if only is None:
        return list(plan.nodes.values())
    stage, _, cell = only.partition("/")
    wanted = {n.id for n in plan.nodes.values() if n.stage.name == stage and (not cell or n.cell == cell)}
    if not wanted:
        same_stage = [n.id for n in plan.nodes.values() if n.stage.name == stage]
        stages = list(dict.fromkeys(n.stage.name for n in plan.nodes.values()))
        raise StudyError(
            f"there is no '{only}' in this study",
            place=str(plan.study.path),
            remedy=f"known: {', '.join(same_stage or stages)}",
        )
    return plan.with_ancestors(wanted)


def run(
    plan: Plan, store: Store, listener: Listener, *, only: str | None = None, starter: Starter | None = None
) -> dict[str, Artifact]:
    """Make what is missing, in order; gives the artifact of every selected node. Run again, it does nothing.

    starter: of the processes that serve models, where the study says that they are to be served.
    Raises MissingPart before anything runs when a part is missing that a node to be made needs; GateClosed when a node
    that is to be made stands behind a gate that its model does not pass.
    """
    nodes = select(plan, only)
    store.prepare()
    with store.lock_whole(shared=True, waiting=listener.say):
        store.register(plan.study.path)
        now = states(plan, store)
        refuse_missing([node for node in nodes if not now[node.id].complete])
        done: dict[str, Artifact] = {}
        for node in nodes:
            done[node.id] = _complete(node, now[node.id].key, plan, store, done, listener, starter=starter)
            if node.passed and any(node.id in other.gates and not now[other.id].complete for other in nodes):
                node.passed(done[node.id], store)
    return done


def run_alone(
    plan: Plan, store: Store, listener: Listener, node: str, key: str, starter: Starter | None = None
) -> Artifact:
    """Make one artifact, from parents that are complete: what a job on a cluster does.

    Raises StudyError when the study has changed since the job was submitted, or a parent is missing.
    """
    store.prepare()
    with store.lock_whole(shared=True, waiting=listener.say):
        found, done = ready_to_make(plan, store, node, key)
        done.pop(node, None)
        return _complete(found, key, plan, store, done, listener, starter=starter)


def ready_to_make(plan: Plan, store: Store, node: str, key: str) -> tuple[Node, dict[str, Artifact]]:
    """A node, and every artifact that it is made from; itself among them when it is complete.

    Raises StudyError when it has another key now or a parent is missing, MissingPart when a part is, GateClosed at a gate.
    """
    now = states(plan, store)
    if node not in now or now[node].key != key:
        raise StudyError(
            f"the study has changed since this job was submitted: {node} is not made so any more",
            place=str(plan.study.path),
            remedy=f"mintza submit {plan.study.typed}",
        )
    gates = plan.nodes[node].gates
    parents = (*plan.nodes[node].parents, *gates)
    missing = [parent for parent in parents if not now[parent].complete]
    if missing:
        raise StudyError(
            f"{node} is made from what is not complete: {', '.join(missing)}",
            place=str(plan.study.path),
            remedy=f"mintza submit {plan.study.typed}",
        )
    refuse_missing([] if now[node].complete else [plan.nodes[node]])
    for gate in gates:
        if (passed := plan.nodes[gate].passed) is not None and (tried := now[gate].artifact) is not None:
            passed(tried, store)
    made_from = {n.id for n in plan.with_ancestors({node})}
    done = {name: a for name in now if name in made_from and now[name].complete and (a := now[name].artifact)}
    return plan.nodes[node], done


def report_of_what_is_there(plan: Plan, store: Store, listener: Listener) -> Artifact:
    """Make the report from the artifacts that are complete; it says what it lacks. Raises StudyError with nothing measured."""
    store.prepare()
    with store.lock_whole(shared=True, waiting=listener.say):
        now = states(plan, store)
        done = {name: state.artifact for name, state in now.items() if state.complete and state.artifact is not None}
        if not any(name.startswith("measure/") for name in done):
            raise StudyError(
                "nothing is measured yet", place=str(plan.study.path), remedy=f"mintza run {plan.study.typed}"
            )
        node = plan.nodes["report"]
        parents = [done[parent] for parent in node.parents if parent in done]
        libraries = {name: library_version(name) for name in node.stage.libraries}
        key = key_of("report", node.stage.revision, libraries, node.settings, [p.key for p in parents])
        partial = Node(
            stage=node.stage,
            cell=None,
            parents=tuple(parent for parent in node.parents if parent in done),
            settings=node.settings,
            make=node.make,
            keep=node.keep,
        )
        return _complete(partial, key, plan, store, done, listener, wanted=node.parents)


def refuse_missing(nodes: list[Node]) -> None:
    """Raise MissingPart, with everything that these nodes need and that is not here."""
    needs: dict[str, list[str]] = {}
    remedies: dict[str, str] = {}
    for node in nodes:
        for need in node.needs:
            needs.setdefault(need.what, []).append(node.id)
            remedies[need.what] = need.remedy
    if not needs:
        return
    listed = [
        f"{what} (for {', '.join(who[:3])}{', ...' if len(who) > 3 else ''}): {remedies[what]}"
        for what, who in needs.items()
    ]
    raise MissingPart(
        "the study cannot run here yet; nothing was started",
        remedy="\n    ".join(["bring what is missing:", *listed]),
    )


def _complete(
    node: Node,
    key: str,
    plan: Plan,
    store: Store,
    done: dict[str, Artifact],
    listener: Listener,
    wanted: tuple[str, ...] | None = None,
    starter: Starter | None = None,
) -> Artifact:
    parents = tuple(Parent(key=done[p].key, content_sha256=done[p].content_sha256) for p in node.parents)
    found = store.find(node.stage.name, key)
    if found is not None and found.parents == parents:
        listener.ends(node.id, found, made=False)
        return found
    with store.lock(node.stage.name, key, node.id, waiting=listener.say):
        found = store.find(node.stage.name, key)
        if found is not None and found.parents == parents:
            listener.ends(node.id, found, made=False)
            return found
        description = Description(
            key=key,
            stage=node.stage.name,
            cell=node.cell,
            parents=parents,
            settings=node.settings,
            revision=node.stage.revision,
            libraries={name: library_version(name) for name in node.stage.libraries},
            execution=node.execution,
            commit=commit(),
        )
        artifact = _make(node, description, plan, store, done, listener, wanted or node.parents, starter)
    listener.ends(node.id, artifact, made=True)
    return artifact


def _make(
    node: Node,
    description: Description,
    plan: Plan,
    store: Store,
    done: dict[str, Artifact],
    listener: Listener,
    wanted: tuple[str, ...],
    starter: Starter | None,
) -> Artifact:
    work = Work(
        study=plan.study,
        store=store,
        parts=plan.parts,
        stage=node.stage.name,
        key=description.key,
        done=done,
        wanted=wanted,
        component_nodes=plan.component_nodes,
        progress=listener.begins(node.id, node.stage.does),
        say=listener.say,
        starter=starter,
    )
    writer = store.writer(description)
    wait_patiently(os.environ)  # whichever stage it is that loads torch
    keep_few_kernels(os.environ)
    try:
        # A stage writes in its workspace too: a full disk there is the store's error, not a traceback.
        with explained(store.root), work.opened, _placed(node):
            for record in node.make(work):
                writer.add(record)
        artifact = writer.seal(work.workspace() if node.keep else None, node.keep)
    except BaseException:
        writer.abandon()
        raise
    store.drop_workspace(node.stage.name, description.key)
    return artifact


@contextmanager
def _placed(node: Node) -> Iterator[None]:
    """Say in which artifact an error without a place came up."""
    try:
        yield
    except MintzaError as error:
        if not error.place:
            error.place = node.id
        raise
