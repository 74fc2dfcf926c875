"""show: an artifact's lineage, counts, the reasons of what was dropped, a sample."""

from __future__ import annotations

import hashlib
from bisect import insort
from itertools import islice
from pathlib import Path

import msgspec
from rich.table import Table

from mintza import records
from mintza.errors import StudyError
from mintza.pipeline.contamination import kept_out_of
from mintza.pipeline.fertility import fertilities
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import State, states
from mintza.records import Artifact, Checkpoint, Conversation, Document, Record, TrainingStep, Verdict
from mintza.store import Store
from mintza.study import load
from mintza.terminal.listener import counted, duration
from mintza.terminal.losses import losses, where
from mintza.terminal.screen import screen

console = screen()
SHORT = 12
MUCH = 600


def show(study: Path, artifact: str | None, sample: int, dropped: bool) -> None:
    """Print one artifact, or a list of all when none is named; `journal` for what models were asked."""
    if artifact == "journal":
        from mintza.terminal.asking import journal

        journal(study)
        return
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    now = states(plan, store)
    if artifact is None:
        _list(now)
        return
    for state in _named(artifact, now, study):
        _one(state, now, store, sample, dropped)
        if state.node.id == "corpus" and state.artifact is not None:
            _of_corpus(plan, store, state.artifact)
        if state.node.stage.name == "train" and state.artifact is not None:
            _of_training(store, state.artifact)


def _of_training(store: Store, training: Artifact) -> None:
    """Its losses, and where the model is."""
    console.print(losses(list(store.read(training, TrainingStep))))
    for checkpoint in store.read(training, Checkpoint):
        console.print(where(checkpoint, store.files(training)), markup=False, soft_wrap=True)


def _named(name: str, now: dict[str, State], study: Path) -> list[State]:
    found = [
        state
        for node, state in now.items()
        if node == name or node.partition("/")[0] == name or (len(name) >= 6 and state.key.startswith(name))
    ]
    if not found:
        raise StudyError(f"there is no '{name}' in this study", place=str(study), remedy=f"known: {', '.join(now)}")
    return found


def _list(now: dict[str, State]) -> None:
    table = Table()
    for column in ("artifact", "key", "holds", "took"):
        table.add_column(column, overflow="fold", no_wrap=column in ("key", "took"))
    for node, state in now.items():
        if state.artifact:
            table.add_row(node, state.key[:SHORT], counted(state.artifact), duration(state.artifact.seconds))
        else:
            table.add_row(node, state.key[:SHORT], "not made yet", "")
    console.print(table)


def _one(state: State, now: dict[str, State], store: Store, sample: int, dropped: bool) -> None:
    console.rule(state.node.id)
    artifact = state.artifact
    if artifact is None:
        console.print(f"not made yet; its key would be {state.key[:SHORT]}", markup=False)
        return
    console.print(
        f"key {artifact.key[:SHORT]}  content {artifact.content_sha256[:SHORT]}  finished {artifact.finished_at}  "
        f"in {duration(artifact.seconds)}{'  STALE' if state.stale else ''}\n"
        f"holds: {counted(artifact)}\nin: {store.folder(artifact.stage, artifact.key)}",
        markup=False,
        soft_wrap=True,
    )
    _lineage(artifact, now, depth=0)
    _reasons(artifact)
    _sample(artifact, store, sample, dropped)


def _of_corpus(plan: Plan, store: Store, corpus: Artifact) -> None:
    """Exams that stood in it, with examples, and tokens for each word."""
    for exam in kept_out_of(store, corpus):
        console.print(exam.said(), markup=False, soft_wrap=True)
        for item, name, text in exam.examples:
            console.print(f"  {item} stood in {name}: {' '.join(text.split())[:100]}", markup=False, soft_wrap=True)
    for one in fertilities(plan.study, plan.parts, store, corpus):
        console.print(one.said(), markup=False, soft_wrap=True)


def _lineage(artifact: Artifact, now: dict[str, State], depth: int) -> None:
    by_key = {state.key: (node, state) for node, state in now.items()}
    for parent in artifact.parents:
        node, state = by_key.get(parent.key, ("?", None))
        console.print(
            f"{'  ' * depth}from {node}  {parent.key[:SHORT]}  content {parent.content_sha256[:SHORT]}", markup=False
        )
        if state and state.artifact:
            _lineage(state.artifact, now, depth + 1)


def _reasons(artifact: Artifact) -> None:
    if not artifact.verdicts:
        return
    table = Table(title="verdicts", title_justify="left")
    for column in ("step", "unit", "verdict", "reason", "count"):
        table.add_column(column)
    for verdict in artifact.verdicts:
        word = "kept" if verdict.kept else "dropped"
        table.add_row(verdict.step, verdict.unit, word, verdict.reason, str(verdict.count))
    console.print(table)


def _sample(artifact: Artifact, store: Store, sample: int, dropped: bool) -> None:
    if dropped:
        _dropped(artifact, store, sample)
        return
    for name in artifact.records:
        if artifact.stage == "train":
            break  # its losses are told as a table
        for record in islice(store.read(artifact, getattr(records, name)), sample):
            console.print(_text(record), markup=False, soft_wrap=True)


def _dropped(artifact: Artifact, store: Store, sample: int) -> None:
    """So many of each reason, drawn by a hash, in the order in which the reasons came."""
    drawn: dict[tuple[str, str, str], list[tuple[bytes, Verdict]]] = {}
    for verdict in store.read(artifact, Verdict):
        some = drawn.setdefault((verdict.step, verdict.unit, verdict.reason), [])
        insort(some, (hashlib.sha256(verdict.record_id.encode()).digest(), verdict), key=lambda one: one[0])
        del some[sample:]
    for verdict in (verdict for some in drawn.values() for _, verdict in some):
        measured = "" if verdict.value is None else f" ({verdict.value:g}"
        limit = "" if verdict.threshold is None else f", limit {verdict.threshold:g}"
        why = f"{verdict.step}: {verdict.reason}{measured}{limit if measured else ''}{')' if measured else ''}"
        console.print(f"- {verdict.record_id}: {why}", markup=False)
        if verdict.excerpt:
            console.print(f"  {' '.join(verdict.excerpt.split())}", markup=False)
    if sample and not drawn:
        console.print("nothing was dropped here")


def _text(record: Record) -> str:
    match record:
        case Document():
            more = f" ... ({len(record.text):,} characters)" if len(record.text) > MUCH else ""
            return f"- {record.id} ({record.language}, {record.split})\n{record.text[:MUCH]}{more}"
        case Conversation():
            turns = "\n".join(f"  {message.role}: {message.content}" for message in record.messages)
            return f"- {record.id} ({record.language})\n{turns}"
        case _:
            return f"- {type(record).__name__} {msgspec.json.encode(record).decode()}"
