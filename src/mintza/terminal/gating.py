"""translate gate: the translating model is tried on parallel text; its numbers, and what the whole data set would take."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from mintza.errors import StudyError
from mintza.pipeline.plan import Plan
from mintza.pipeline.projection import Projection, prices_of, project, size_of
from mintza.pipeline.run import State, run, states
from mintza.records import Artifact, Gate, Trial
from mintza.store import Store
from mintza.study.schema import TranslatedComponent
from mintza.terminal.listener import TerminalListener, duration
from mintza.terminal.screen import screen
from mintza.terminal.verbs import planned
from mintza.translate.gate import shortfalls
from mintza.translate.settings import GateSettings

console = screen()


def gate(study: Path, shown: int) -> int:
    """Run the gates of a study and print what they came to; 1 when one is not passed."""
    plan = planned(study, None)
    settings = plan.study.settings.translate.gate
    gates = [node for node in plan.nodes.values() if node.stage.name == "gate"]
    if settings is None or not gates:
        raise StudyError(
            "the study has no gate, or nothing that is translated",
            place=str(study),
            remedy="add `translate: {pairs: {kind: file, path: FILE.tsv, license: LICENCE}, gate: {segments: 100}}`",
        )
    store = Store(plan.study.store)
    with TerminalListener(console, len(gates)) as listener:
        done = run(plan, store, listener, only="gate")
    now = states(plan, store)
    closed = False
    for node in gates:
        closed = _one(plan, store, done[node.id], settings, now, shown) or closed
    return int(closed)


def _one(
    plan: Plan, store: Store, artifact: Artifact, settings: GateSettings, now: dict[str, State], shown: int
) -> bool:
    """Print one gate; True when it is not passed."""
    found = next(iter(store.read(artifact, Gate)))
    console.print(_scores(found))
    if found.failures:
        console.print(_failures(found))
    for trial, _ in zip(store.read(artifact, Trial), range(shown), strict=False):
        console.print(
            f"- {trial.source}\n  reference: {trial.reference}\n  model:     {trial.hypothesis or '(none)'}"
            + (f"\n  dropped:   {trial.failed}" if trial.failed else ""),
            markup=False,
            soft_wrap=True,
        )
    for name in _behind(plan, f"gate/{artifact.cell}"):
        _projected(plan, store, found, artifact, settings, name, now)
    missing = shortfalls(found, settings)
    console.print("gate passed" if not missing else "gate CLOSED: " + "; ".join(missing), markup=False, soft_wrap=True)
    return bool(missing)


def _scores(found: Gate) -> Table:
    title = (
        f"{found.model}: {found.source_language} to {found.target_language}, {found.segments} held-out segments "
        f"({found.signature})"
    )
    table = Table(title=title, title_justify="left")
    for column in ("measure", "model", "95 % interval", "a plain copy"):
        table.add_column(column, justify="left" if column == "measure" else "right", no_wrap=True)
    table.add_row(
        "chrF++", f"{found.chrf:.1f}", f"{found.chrf_low:.1f} to {found.chrf_high:.1f}", f"{found.copied_chrf:.1f}"
    )
    table.add_row(
        "BLEU", f"{found.bleu:.1f}", f"{found.bleu_low:.1f} to {found.bleu_high:.1f}", f"{found.copied_bleu:.1f}"
    )
    table.add_row("chrF++ over the copy", f"{found.gain:+.1f}", f"{found.gain_low:+.1f} to {found.gain_high:+.1f}", "")
    table.add_row("kept by all checks", f"{found.kept / found.segments:.0%}", "", "")
    per_word = "" if found.tokens_per_word is None else f"{found.tokens_per_word:.1f}"
    table.add_row("written tokens a word", per_word, "", "")
    return table


def _failures(found: Gate) -> Table:
    table = Table(title="failed segments", title_justify="left")
    for column in ("step", "cause", "segments", "share"):
        table.add_column(column, justify="right" if column in ("segments", "share") else "left")
    for failure in found.failures:
        share = f"{failure.segments / found.segments:.0%}"
        table.add_row(failure.step, failure.cause, str(failure.segments), share)
    return table


def _behind(plan: Plan, gate_id: str) -> list[str]:
    """Names of the translated components that stand behind a gate."""
    nodes = [node for node in plan.nodes.values() if gate_id in node.gates]
    return list(dict.fromkeys((node.cell or "").partition("@")[0] for node in nodes))


def _projected(
    plan: Plan,
    store: Store,
    found: Gate,
    artifact: Artifact,
    settings: GateSettings,
    name: str,
    now: dict[str, State],
) -> None:
    component = plan.study.settings.components[name]
    assert isinstance(component, TranslatedComponent)
    size = size_of(plan, component.of, now[plan.component_nodes[component.of]], store)
    speed = settings.tokens_per_second or (found.completion_tokens / artifact.seconds if artifact.seconds else None)
    prices = prices_of(plan, found.model)
    projection = project(found, size, tokens_per_second=speed, prices=prices)
    console.print(_sentence(name, projection, speed, prices.currency if prices else ""), markup=False, soft_wrap=True)
    if settings.tokens_per_second is None:
        console.print(
            "the speed is the gate's own, too high where its answers came from the journal: `gate: {tokens_per_second: N}`",
            markup=False,
            soft_wrap=True,
        )


def _sentence(name: str, projection: Projection, speed: float | None, currency: str) -> str:
    size = projection.size
    counted = "counted" if size.exact else "as the study asks for, their length a guess"
    said = (
        f"the whole of '{name}': {size.conversations:,} conversations, {size.characters:,} characters ({counted}); about "
        f"{projection.requests:,} requests, {projection.prompt_tokens:,} tokens read, {projection.completion_tokens:,} written"
    )
    if projection.seconds is not None and speed is not None:
        pace = f"{speed:,.0f}" if speed >= 10 else f"{speed:.1f}"
        said += f"; {duration(projection.seconds)} at {pace} written tokens a second"
    return said + (f"; {projection.cost:,.2f} {currency}" if projection.cost is not None else "; no prices are given")
