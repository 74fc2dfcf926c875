"""Components that came to nothing: how many went in, and why none came out."""

from __future__ import annotations

from dataclasses import dataclass

from mintza.records import Verdict
from mintza.report import words
from mintza.report.material import Material, StageFacts

STAGES = {
    "corpus": ("corpus",),
    "sampled": ("sample", "filter", "review"),
    "translated": ("translate", "check", "review"),
    "written": ("written",),
}


@dataclass(frozen=True)
class Nothing:
    """A component without a record. sentence: that says so.  reasons: (step, reason, count), the commonest first.

    examples: verdicts with what was dropped.  keys: of the artifacts that show it.
    """

    name: str
    sentence: str
    reasons: tuple[tuple[str, str, int], ...]
    examples: tuple[Verdict, ...]
    keys: tuple[str, ...]


def came_to_nothing(name: str, material: Material) -> Nothing | None:
    """Why a component is empty; None when it is not, or when it is not known."""
    facts = words.facts_of(name, material)
    if facts is None or facts.records > 0:
        return None
    stages = stages_of(name, facts.kind, material)
    entered = next((stage.entered for stage in stages if stage.entered is not None), None)
    counts: dict[tuple[str, str], int] = {}
    for stage in stages:
        for verdict in stage.verdicts:
            if not verdict.kept and verdict.unit == stage.unit:
                pair = (verdict.step, verdict.reason)
                counts[pair] = counts.get(pair, 0) + verdict.count
    reasons = sorted(((step, reason, n) for (step, reason), n in counts.items()), key=lambda row: -row[2])
    label = words.capital(words.component_label(name, material))
    unit = "document" if facts.kind == "corpus" else "conversation"
    of = f"none of {words.counted(entered, unit)}" if entered else f"no {unit}"
    told = f"{label}: {of} survived"
    if reasons:
        told += " (" + "; ".join(f"{n:,} by {step}: {reason}" for step, reason, n in reasons[:3])
        told += "; and other reasons)" if len(reasons) > 3 else ")"
    return Nothing(
        name=name,
        sentence=f"{told}, so nothing could be trained on them and this study cannot say what they bring.",
        reasons=tuple(reasons),
        examples=_one_of_each_first(stages),
        keys=tuple(stage.key for stage in stages),
    )


def _one_of_each_first(stages: list[StageFacts]) -> tuple[Verdict, ...]:
    """The dropped, so that the first few show as many reasons as they can."""
    seen: dict[tuple[str, str], int] = {}
    ranked = []
    for stage in stages:
        for verdict in stage.dropped:
            if verdict.unit == stage.unit:
                reason = (verdict.step, verdict.reason)
                seen[reason] = seen.get(reason, 0) + 1
                ranked.append((seen[reason], verdict))
    return tuple(verdict for _, verdict in sorted(ranked, key=lambda pair: pair[0]))


def stages_of(name: str, kind: str, material: Material) -> list[StageFacts]:
    """The stages that a component went through; `NAME@MODEL` is one that a table had made by another model."""
    return [
        facts
        for facts in material.stages
        if facts.stage in STAGES[kind] and (kind == "corpus" or (facts.cell or "").partition("@")[0] == name)
    ]
