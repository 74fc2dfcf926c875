"""journal, batch export, batch import: what each prints."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from mintza.models.accounts import Account, account
from mintza.models.settings import Prices, ServerSettings
from mintza.pipeline import batches
from mintza.pipeline.plan import make_plan
from mintza.store import Store
from mintza.study import load
from mintza.terminal.screen import screen

console = screen()


def journal(study: Path) -> None:
    """A table of the journals of the study's store, a row a model, and why requests failed."""
    loaded = load(study)
    accounts = [account(folder) for folder in Store(loaded.store).journal_folders()]
    models = loaded.settings.models
    table = Table()
    for column in ("model", "answers", "cut", "failed", "tokens in", "tokens out", "answers/s", "s an answer", "cost"):
        table.add_column(column, justify="left" if column == "model" else "right")
    for one in accounts:
        settings = models.get(one.model)
        prices = settings.execution.prices if isinstance(settings, ServerSettings) else None
        table.add_row(*_row(one, prices))
    if not accounts:
        console.print("nothing was asked yet")
        return
    console.print(table)
    for one in accounts:
        _say(one)


def _row(one: Account, prices: Prices | None) -> tuple[str, ...]:
    rate = "" if one.answers_a_second is None else f"{one.answers_a_second:.1f}"
    seconds, count = one.answer_s
    cost = f"{one.cost(prices):.2f} {prices.currency}" if prices else ""
    failed = f"{one.failures.total():,}"
    took = f"{seconds / count:.2f}" if count else ""
    tokens = (f"{one.prompt_tokens:,}", f"{one.completion_tokens:,}")
    name = f"{one.model} ({one.revision[:20]})"
    return (name, f"{one.answers:,}", f"{one.cut:,}", failed, *tokens, rate, took, cost)


def _say(one: Account) -> None:
    for cause, count in one.failures.most_common(8):
        console.print(f"{one.model}: {count:,} failed: {cause}", markup=False)
    if len(one.endpoints) > 1:
        shares = ", ".join(f"{name} {count:,}" for name, count in one.endpoints.most_common())
        console.print(f"{one.model}: answered by {shares}", markup=False)
    if one.exported:
        console.print(f"{one.model}: {one.exported:,} requests went into batch files", markup=False)
    if one.unreadable:
        console.print(f"{one.model}: {one.unreadable:,} spoiled lines, which will be asked again", markup=False)


def export(study: Path, out: Path, only: str | None) -> None:
    """Say what was written, and what to do with it."""
    plan = make_plan(load(study))
    exported = batches.export(plan, Store(plan.study.store), out, only)
    for node, count in exported.nodes.items():
        said = f"{count:,} requests wait" if count else f"nothing waits: mintza run {study} --only {node}"
        console.print(f"{node}: {said}", markup=False, soft_wrap=True)
    for node in exported.waiting:
        console.print(f"{node}: made from what is not complete yet", markup=False)
    for path, count in exported.files.items():
        console.print(f"wrote {path}: {count:,} requests", markup=False, soft_wrap=True)
    if not exported.nodes and not exported.waiting:
        console.print("nothing waits: every stage that asks a model is complete", markup=False)
    if exported.files:
        console.print(f"then: mintza batch import {study} RESULTS..., and export again", markup=False, soft_wrap=True)


def import_(study: Path, paths: tuple[Path, ...]) -> int:
    """Say what came of each file; 1 when no line of any was an answer to a request of this study."""
    plan = make_plan(load(study))
    taken = batches.import_(plan, Store(plan.study.store), paths)
    for path, one in taken.items():
        console.print(
            f"{path}: {one.answers:,} answers, {one.failures:,} failed, {one.duplicates:,} were there already, "
            f"{one.foreign:,} lines are of no request of this study",
            markup=False,
            soft_wrap=True,
        )
        for cause, count in sorted(one.causes.items(), key=lambda pair: -pair[1]):
            console.print(f"  {count:,} failed: {cause}", markup=False)
    return 0 if any(one.answers or one.duplicates for one in taken.values()) else 1
