"""instruct card: what a set of conversations is, who wrote it under which words, what was dropped, and its licence."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console

from mintza.errors import StudyError
from mintza.instruct.asking import told
from mintza.instruct.judging import RULES as JUDGE_RULES
from mintza.pipeline.parallel import pairs_of
from mintza.pipeline.plan import Plan
from mintza.pipeline.run import State, states
from mintza.pipeline.talking import prompts_of
from mintza.records import Artifact, Conversation, Gate, Verdict
from mintza.store import Store
from mintza.study import Study
from mintza.study.schema import SampledComponent, TranslatedComponent
from mintza.terminal.verbs import planned
from mintza.translate.asking import rules

console = Console(highlight=False)
KEPT = DROPPED = 3
STAGES = ("sample", "written", "judge", "filter", "gate", "translate", "check", "review")


def card(study: Path, name: str, out: Path | None) -> None:
    """Write the card of a component as Markdown, to a file or the terminal."""
    plan = planned(study, None)
    if name not in plan.component_nodes or not isinstance(
        plan.study.settings.components[name], SampledComponent | TranslatedComponent
    ):
        kinds = (SampledComponent, TranslatedComponent)
        known = [other for other, one in plan.study.settings.components.items() if isinstance(one, kinds)]
        raise StudyError(
            f"there is no sampled or translated component '{name}'",
            place=str(study),
            remedy=f"known: {', '.join(known) or 'none'}",
        )
    store = Store(plan.study.store)
    now = states(plan, store)
    final = now[plan.component_nodes[name]]
    if final.artifact is None:
        raise StudyError(
            f"'{name}' is not made yet", place=final.node.id, remedy=f"mintza run {study} --only {final.node.id}"
        )
    text = "\n".join(_lines(plan, store, now, final, final.artifact, name)) + "\n"
    if out is None:
        console.print(text, markup=False, soft_wrap=True, end="")
    else:
        out.write_text(text, encoding="utf-8")
        console.print(f"wrote {out}", markup=False, soft_wrap=True)


def _lines(
    plan: Plan, store: Store, now: dict[str, State], final: State, artifact: Artifact, name: str
) -> Iterator[str]:
    chain = [now[node.id] for node in plan.with_ancestors({final.node.id}) if node.stage.name in STAGES]
    conversations = list(store.read(artifact, Conversation))
    yield f"# {name}: {plan.study.settings.title}"
    yield ""
    yield from _facts(conversations, artifact)
    yield from _waterfall(chain)
    for state in chain:
        if state.node.stage.name == "gate" and state.artifact is not None:
            yield from _gate(next(iter(store.read(state.artifact, Gate))))
    yield from _prompts(plan.study, name)
    yield from _examples(store, chain, conversations)
    yield from _settings(chain)


def _facts(conversations: list[Conversation], artifact: Artifact) -> Iterator[str]:
    turns = [message for conversation in conversations for message in conversation.messages]
    yield f"- conversations: {len(conversations):,}, with {len(turns):,} turns and {sum(len(m.content) for m in turns):,} characters"
    for title, counted in (
        ("language", Counter(c.language for c in conversations)),
        ("licence", Counter(c.provenance.license for c in conversations)),
        ("source", Counter(c.provenance.source for c in conversations)),
        ("category", Counter(c.category for c in conversations if c.category)),
        ("made by", Counter(_made(c) for c in conversations)),
    ):
        if counted:
            yield f"- {title}: " + ", ".join(f"{what} ({count:,})" for what, count in counted.most_common())
    yield f"- artifact: {artifact.stage}/{artifact.cell} {artifact.key[:12]}, content {artifact.content_sha256[:12]}"
    yield ""
    yield "The terms of a model whose words these are go with them: a model trained on them may be bound by those terms too."
    yield ""


def _made(conversation: Conversation) -> str:
    steps = [
        f"{step.done} by {step.by}" + (f" (revision {step.revision})" if step.revision else "")
        if step.by
        else step.done
        for step in conversation.provenance.steps
    ]
    return ", then ".join(steps) or "people"


def _waterfall(chain: list[State]) -> Iterator[str]:
    yield "## What was dropped"
    yield ""
    yield "| stage | step | reason | conversations |"
    yield "|---|---|---|---:|"
    for state in chain:
        if state.artifact is None or state.node.stage.name == "gate":
            continue
        for verdict in state.artifact.verdicts:
            if not verdict.kept:
                yield f"| {state.node.id} | {verdict.step} | {_cell(verdict.reason)} | {verdict.count:,} |"
        if count := state.artifact.records.get("Conversation", 0):
            yield f"| {state.node.id} | | **left** | **{count:,}** |"
    yield ""


def _gate(found: Gate) -> Iterator[str]:
    yield "## The gate"
    yield ""
    yield (
        f"{found.model} (revision {found.revision}) on {found.segments} held-out segments: chrF++ {found.chrf:.1f} "
        f"[{found.chrf_low:.1f}, {found.chrf_high:.1f}], BLEU {found.bleu:.1f} [{found.bleu_low:.1f}, {found.bleu_high:.1f}]; "
        f"copying the source gives {found.copied_chrf:.1f} and {found.copied_bleu:.1f}; {found.kept} passed all checks."
    )
    yield ""


def _prompts(study: Study, name: str) -> Iterator[str]:
    """The words that the models were told, outermost first."""
    component = study.settings.components[name]
    yield "## Prompts"
    yield ""
    if isinstance(component, TranslatedComponent):
        settings = study.settings.translate
        original = study.settings.components[component.of]
        source = study.language(getattr(original, "language", study.target.code))
        yield from _quoted("Translator", rules(source, study.target, settings.translate.form))
        if settings.translate.examples:
            shown = [f"{one.source} | {one.target}" for one in pairs_of(study, source).examples]
            yield from _quoted("Examples shown to the translator", "\n".join(shown))
        if not isinstance(original, SampledComponent):
            return
        component = original
    assert isinstance(component, SampledComponent)
    language = study.language(component.language)
    sample = study.settings.instruct.sample
    for message in told(sample, language):
        yield from _quoted("Under which answers were asked", message.content)
    prompts = prompts_of(study, sample, language)
    if sample.turn_system_prompt:
        yield from _quoted("Under which the user's turns were drawn", sample.turn_system_prompt)
    if prompts and sample.turn_under == "language":
        yield from _quoted("Under which the user's turns were drawn", prompts.turn_system_prompt)
    if prompts and sample.turn_under == "categories":
        listed = "\n".join(f"{one.name} ({one.weight:g}): {one.turn_system_prompt}" for one in prompts.categories)
        yield from _quoted("Categories, their weights in the language and their prompts", listed)
    if study.settings.instruct.filter.judged:
        yield from _quoted("Judge", JUDGE_RULES)


def _quoted(title: str, text: str) -> Iterator[str]:
    yield f"{title}:"
    yield ""
    yield from (f"> {line}  " for line in text.splitlines())
    yield ""


def _examples(store: Store, chain: list[State], conversations: list[Conversation]) -> Iterator[str]:
    yield "## Kept"
    yield ""
    for conversation in conversations[:KEPT]:
        yield f"`{conversation.id}`"
        yield ""
        for message in conversation.messages:
            yield from _quoted(f"**{message.role}**", message.content)
    yield "## Dropped"
    yield ""
    for state in chain:
        if state.artifact is not None and state.artifact.verdicts:
            for verdict in islice(store.read(state.artifact, Verdict), DROPPED):
                yield from _quoted(f"`{verdict.record_id}`: {verdict.step}: {verdict.reason}", verdict.excerpt)


def _settings(chain: list[State]) -> Iterator[str]:
    yield "## Stages"
    yield ""
    for state in chain:
        made = state.artifact
        yield f"- {state.node.id}: revision {state.node.stage.revision}, " + (
            f"finished {made.finished_at}, {_models(state.node.settings)}" if made else "not made"
        )


def _models(settings: dict[str, Any]) -> str:
    asked = [settings[field] for field in ("model", "judge_model") if isinstance(settings.get(field), dict)]
    return ", ".join(f"asked {one.get('name')} ({one.get('provider')})" for one in asked) or "asked nobody"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
