"""init, plan, run, report: what each prints."""

from __future__ import annotations

import os
import time
from pathlib import Path

from rich.table import Table

from mintza.errors import BadInput
from mintza.pipeline.estimates import Estimate, estimates
from mintza.pipeline.material import gather
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.publish import publish
from mintza.pipeline.run import State, report_of_what_is_there, select, states
from mintza.pipeline.run import run as run_plan
from mintza.pipeline.run import run_alone as made_alone
from mintza.pipeline.sharing import ask_share
from mintza.pipeline.work import Work
from mintza.records import Artifact
from mintza.report.stage import summary
from mintza.store import Store
from mintza.study import load
from mintza.study.limit import limited
from mintza.study.starter import write_starter
from mintza.terminal.asking_served import starter_of
from mintza.terminal.listener import TerminalListener, duration
from mintza.terminal.screen import screen

console = screen()


def init(language: str, out: Path | None) -> None:
    """Write a study to start from."""
    study = out or Path(f"{language}.yaml")
    written = write_starter(language, study)
    here = Path.cwd()
    for path in written:
        console.print(f"wrote {path.relative_to(here) if path.is_relative_to(here) else path}", markup=False)
    fill = f"fill in {os.path.relpath(written[1])}, then " if len(written) > 1 else ""
    console.print(f"next: {fill}mintza check {study}", markup=False)


def planned(study: Path, limit: int | None) -> Plan:
    """The plan of a study file, or of a trial of it."""
    loaded = load(study)
    return make_plan(limited(loaded, limit) if limit else loaded)


def plan(study: Path, limit: int | None) -> None:
    """Stages x cells: where each stands, what it would take."""
    made = planned(study, limit)
    store = Store(made.study.store)
    now = states(made, store)
    guesses = estimates(made, now, store)
    table = Table(title=f"{made.study.settings.title}  ({made.study.path.name})", title_justify="left")
    for column in ("stage", "cell", "state", "tokens", "time"):
        right = column in ("tokens", "time")
        table.add_column(column, justify="right" if right else "left", no_wrap=right, overflow="fold")
    for name, state in now.items():
        table.add_row(*_row(state, guesses[name]))
    console.print(table)
    _equal_cells(made)
    _sum(now, guesses)
    for guess in guesses.values():
        if guess.said:
            console.print(guess.said, markup=False, soft_wrap=True)
    corpus = now["corpus"].artifact
    if corpus is not None:
        from mintza.pipeline.fertility import fertilities

        for one in fertilities(made.study, made.parts, store, corpus):
            console.print(f"fertility on the corpus, {one.said()}", markup=False, soft_wrap=True)
    _needs(now)


def run(study: Path, only: str | None, limit: int | None) -> None:
    """Run a study; at the end a short table, the path of the report, the time taken."""
    began = time.monotonic()
    made = planned(study, limit)
    store = Store(made.study.store)
    with TerminalListener(console, len(select(made, only))) as listener, starter_of(made, store) as starter:
        done = run_plan(made, store, listener, only=only, starter=starter)
    if "report" in done:
        _print_result(made, store, done)
    ended = "nothing was left to do" if not listener.made else f"{listener.made} artifacts made"
    console.print(f"{ended}; {duration(time.monotonic() - began)}", markup=False)


def run_alone(study: Path, node: str, key: str) -> None:
    """One artifact, as a job makes it."""
    made = planned(study, None)
    store = Store(made.study.store)
    with TerminalListener(console, 1) as listener, starter_of(made, store) as starter:
        made_alone(made, store, listener, node, key, starter)


def run_share(study: Path, node: str, key: str, share: str) -> None:
    """A share of the requests of one artifact. share: `K/N`, K from 0."""
    own, _, shares = share.partition("/")
    if not (own.isdecimal() and shares.isdecimal() and int(own) < int(shares)):
        raise BadInput(f"'{share}' is no share", place="--share", remedy="the first of four is 0/4, the last 3/4")
    made = planned(study, None)
    store = Store(made.study.store)
    with TerminalListener(console, 1) as listener, starter_of(made, store) as starter:
        ask_share(made, store, listener, node, key, int(own), int(shares), starter)


def report(study: Path) -> None:
    """The report of what is complete."""
    made = planned(study, None)
    store = Store(made.study.store)
    with TerminalListener(console, 1) as listener:
        artifact = report_of_what_is_there(made, store, listener)
    console.print(f"report: {publish(store, artifact, made.study.settings.name)}", markup=False, soft_wrap=True)


def _print_result(made: Plan, store: Store, done: dict[str, Artifact]) -> None:
    work = Work(
        study=made.study,
        store=store,
        parts=made.parts,
        stage="report",
        key=done["report"].key,
        done=done,
        wanted=tuple(done),
        component_nodes=made.component_nodes,
        progress=lambda done, total, note="": None,
        say=lambda line: None,
    )
    head, *rows = summary(gather(work))
    table = Table(title=made.study.settings.title, title_justify="left")
    for index, column in enumerate(head):
        table.add_column(column, justify="left" if index == 0 else "right", overflow="fold")
    for row in rows:
        table.add_row(*row)
    console.print(table)
    console.print(f"report: {publish(store, done['report'], made.study.settings.name)}", markup=False, soft_wrap=True)


def _row(state: State, guess: Estimate) -> tuple[str, ...]:
    if state.complete and state.artifact:
        return (state.node.stage.name, state.node.cell or "", "done", "", duration(state.artifact.seconds))
    word = "stale: would run" if state.stale else "would run"
    if state.node.needs:
        word = "needs " + state.node.needs[0].what
    tokens = f"{guess.tokens:,}" if guess.tokens else ""
    time_left = f"~{duration(guess.seconds)}" if guess.seconds else ""
    return (state.node.stage.name, state.node.cell or "", word, tokens, time_left)


def _equal_cells(made: Plan) -> None:
    for cell in made.cells:
        if cell.same_as is not None:
            console.print(f"equal by definition, not trained: {cell.name} = {cell.same_as}", markup=False)


def _sum(now: dict[str, State], guesses: dict[str, Estimate]) -> None:
    left = [name for name, state in now.items() if not state.complete]
    tokens = sum(guesses[name].tokens for name in left)
    seconds = sum(guesses[name].seconds for name in left)
    trained = sum(1 for name in left if name.startswith("train/"))
    basis = "; ".join(sorted({guesses[name].basis for name in left if guesses[name].basis}))
    console.print(
        f"{len(now) - len(left)} of {len(now)} artifacts done; {len(left)} would run, {trained} of them trainings; "
        f"about {tokens:,} tokens, {duration(seconds)} at least ({basis or 'no estimate'})",
        markup=False,
    )


def _needs(now: dict[str, State]) -> None:
    said: dict[str, str] = {}
    for state in now.values():
        for need in () if state.complete else state.node.needs:
            said[need.what] = need.remedy
    for what, remedy in said.items():
        console.print(f"missing: {what}\n  remedy: {remedy}", markup=False)
