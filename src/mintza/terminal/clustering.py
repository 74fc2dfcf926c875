"""submit, status, cancel: what each prints."""

from __future__ import annotations

from pathlib import Path

import click
from rich.markup import escape
from rich.table import Table

from mintza.cluster.picture import picture as drawn
from mintza.cluster.profile import profile_of
from mintza.cluster.serving import server_names
from mintza.cluster.slurm import Slurm
from mintza.cluster.status import Standing
from mintza.cluster.status import status as asked
from mintza.cluster.submit import Placed, names_of, servings
from mintza.cluster.submit import submit as submitted
from mintza.errors import StudyError
from mintza.pipeline.plan import Plan, make_plan
from mintza.pipeline.run import states
from mintza.report.words import counted
from mintza.store import Store
from mintza.store.disk import explained
from mintza.study import load
from mintza.terminal import verbs
from mintza.terminal.listener import duration

AFTER_SHOWN = 5
"""Jobs that another waits for, of which a line names so many."""
ODD_SHOWN = 3
"""Complete artifacts whose last job ended badly, of which `status` says so one by one."""
STYLES = {"done": "green", "running": "blue", "waiting": "cyan", "failed": "red", "missing": "yellow"}


def submit(study: Path, only: str | None, dry_run: bool, picture: Path | None) -> None:
    """Submit what is missing; a line for each job, and one of what there was to do."""
    made = make_plan(load(study))
    profile = profile_of(made.study)
    if profile.scheduler == "local":
        verbs.console.print("the profile is `local`: this machine runs it, as `mintza run` does", markup=False)
        if dry_run or picture:
            verbs.plan(study, None)
        else:
            verbs.run(study, only, None)
        return
    store = Store(made.study.store)
    placed = []
    for one in submitted(made, store, Slurm(), profile, only=only, dry_run=dry_run, say=_say):
        placed.append(one)
        if one.why != "complete":
            _say(_line(one, dry_run))
    if picture:
        _draw(made, placed, picture)
    new, served = sum(one.new for one in placed), sum(one.serves for one in placed)
    done = sum(one.why == "complete" for one in placed)
    word = "would be submitted" if dry_run else "submitted"
    _say(
        f"{counted(new, 'job')} {word}, {len(placed) - new - done} in the queue already, {done} of {len(placed) - served} artifacts"
        " complete"
    )
    if not dry_run and new:
        _say(f"next: mintza status {study}")


def status(study: Path, everything: bool) -> int:
    """A table of what is not done, and a sum; 1 when something failed and waits for nobody."""
    made = _on_slurm(study)
    found = asked(made, Store(made.study.store), Slurm())
    table = Table(title=f"{made.study.settings.title}  ({study.name})", title_justify="left")
    for column in ("artifact", "stands", "job", "for", "left", "notes"):
        table.add_column(column, overflow="fold", no_wrap=column in ("stands", "job", "for", "left"))
    shown = [*(one for one in found.standings if everything or one.word != "done"), *found.servers]
    odd = [one for one in found.standings if one.word == "done" and one.note]
    for one in shown:
        table.add_row(*_row(one))
    if shown:
        verbs.console.print(table)
    counts = ", ".join(f"{found.count(word)} {word}" for word in STYLES if found.count(word))  # type: ignore[arg-type]
    _say(f"{counts}; {found.gpu_hours:.1f} GPU-hours so far")
    for one in odd[:ODD_SHOWN]:
        _say(f"note: {one.node} is complete, though its last job did not end well ({one.note}); nothing is to be done")
    if len(odd) > ODD_SHOWN:
        _say(f"note: so are {len(odd) - ODD_SHOWN} more: mintza status {study} --all")
    if found.count("failed") or found.count("missing"):
        _say(f"what failed or is missing is submitted by: mintza submit {study}")
    return 1 if found.count("failed") else 0


def cancel(study: Path, only: str | None, yes: bool) -> None:
    """Cancel this study's live jobs."""
    made = _on_slurm(study)
    store, slurm = Store(made.study.store), Slurm()
    now = states(made, store)
    wanted = [state for name, state in now.items() if only is None or name == only or name.startswith(f"{only}/")]
    if not wanted:
        raise StudyError(f"there is no '{only}' in this study", place=str(study), remedy="see `mintza plan`")
    names = [name for state in wanted for name in names_of(state)]
    names += [name for serving in servings(made) for name in server_names(serving)] if only is None else []
    jobs = [job for job in slurm.jobs(names) if job.live]
    if not jobs:
        _say("no job of it is in the queue")
        return
    if not yes:
        click.confirm(f"cancel {counted(len(jobs), 'job')}?", abort=True)
    slurm.cancel([job.id for job in jobs])
    _say(f"{counted(len(jobs), 'job')} cancelled; `mintza submit {study}` goes on from what is complete")


def _on_slurm(study: Path) -> Plan:
    made = make_plan(load(study))
    if profile_of(made.study).scheduler == "local":
        raise StudyError(
            "its profile is `local`: there is no queue",
            place=f"{study}: execution.cluster.profile",
            remedy=f"see `mintza plan {study}`, or name a profile of Slurm",
        )
    return made


def _line(one: Placed, dry_run: bool) -> str:
    more = len(one.after) - AFTER_SHOWN
    shown = ", ".join(one.after[: AFTER_SHOWN if more > 1 else None]) + (f" and {more} more" if more > 1 else "")
    after = f", after {shown}" if one.after else ""
    if not one.new:
        return f"kept {one.node}: job {one.job} {one.why}"
    return f"{'would submit' if dry_run else f'submitted {one.job} for'} {one.node}: {one.why}{after}"


def _row(one: Standing) -> tuple[str, ...]:
    ran = duration(one.job.elapsed) if one.job and one.word in ("running", "failed") and one.job.elapsed else ""
    left = duration(one.job.left) if one.job and one.job.left is not None and one.word == "running" else ""
    notes = "\n".join([one.note, *one.last]).strip()
    word = f"[{STYLES[one.word]}]{one.word}[/]"
    return (escape(one.node), word, one.job.id if one.job else "", ran, left, escape(notes))


def _draw(made: Plan, placed: list[Placed], path: Path) -> None:
    placed = [one for one in placed if not one.serves]
    words = {one.node: "done" if one.why == "complete" else "missing" if one.new else "waiting" for one in placed}
    with explained(path):
        path.write_text(drawn(made, words), encoding="utf-8")
    _say(f"wrote {path}")


def _say(line: str) -> None:
    verbs.console.print(line, markup=False, soft_wrap=True)
