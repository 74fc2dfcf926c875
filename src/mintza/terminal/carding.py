"""corpus card: the dataset card of a study's corpus, written to a folder."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from mintza.pipeline.card import card_facts
from mintza.pipeline.plan import make_plan
from mintza.report.dataset_card import WATERFALL, card
from mintza.report.figures.falling import svg
from mintza.store import Store
from mintza.study import load
from mintza.terminal.formats import write_bytes

console = Console(highlight=False, soft_wrap=True)


def carded(study: Path, out: Path | None) -> None:
    """Write README.md and its figure; `out` is the store's `cards/NAME` unless it is given."""
    plan = make_plan(load(study))
    store = Store(plan.study.store)
    facts = card_facts(plan, store)
    folder = out or store.root / "cards" / facts.name
    write_bytes(folder / "README.md", card(facts).encode())
    figure = svg(facts.waterfall, title=f"{facts.title}: what each filter dropped", unit="documents")
    write_bytes(folder / WATERFALL, figure.encode())
    if out is not None:
        store.register_card(out.absolute())
    for line in (*facts.contamination, *facts.fertility):
        console.print(line, markup=False)
    console.print(f"card: {folder / 'README.md'}", markup=False)
