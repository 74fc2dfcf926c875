"""Waterfalls: how many records entered a stage, what each reason took away, how many left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from mintza.records import Conversation, Document, Verdict
from mintza.report import words
from mintza.report.material import Material, StageFacts

BarKind = Literal["entered", "dropped", "unexplained", "left"]
GROUPS = {
    "Corpus": ("corpus",),
    "Instructions": ("sample", "filter", "written"),
    "Translation": ("translate", "check"),
    "Review": ("review",),
}


@dataclass(frozen=True)
class Bar:
    """One bar. count: its length; remaining: records that are left after it.  start, end: in per cent of what entered."""

    kind: BarKind
    step: str
    reason: str
    count: int
    remaining: int
    start: float
    end: float


@dataclass(frozen=True)
class Waterfall:
    """The bars of one stage, from top to bottom, and what was dropped or edited inside records that stayed."""

    facts: StageFacts
    bars: tuple[Bar, ...]
    inside: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """A record that was dropped or kept. said: turns or text, each (who, text).  why: "" for a kept one."""

    record_id: str
    language: str
    why: str
    said: tuple[tuple[str, str], ...]


def waterfall(facts: StageFacts) -> Waterfall:
    """Bars of a stage; what the verdicts do not explain has a bar of its own."""
    dropped = [count for count in facts.verdicts if not count.kept and count.unit == facts.unit and count.count]
    entered = facts.entered if facts.entered is not None else facts.left + sum(count.count for count in dropped)
    whole = max(entered, facts.left, 1)
    bars = [Bar("entered", "", "entered", entered, entered, 0.0, 100 * entered / whole)]
    remaining = entered
    for count in dropped:
        after = remaining - count.count
        spread = sorted((max(0, after), max(0, remaining)))
        bars.append(
            Bar(
                "dropped",
                count.step,
                count.reason,
                count.count,
                after,
                100 * spread[0] / whole,
                100 * spread[1] / whole,
            )
        )
        remaining = after
    if remaining != facts.left:
        low, high = sorted((max(0, remaining), facts.left))
        gap = facts.left - remaining
        bars.append(
            Bar("unexplained", "", "no verdict says why", abs(gap), facts.left, 100 * low / whole, 100 * high / whole)
        )
    bars.append(Bar("left", "", "left", facts.left, facts.left, 0.0, 100 * facts.left / whole))
    return Waterfall(facts, tuple(bars), tuple(_inside(facts)))


def grouped(material: Material) -> list[tuple[str, list[Waterfall]]]:
    """Waterfalls under the heads of the page, groups without a stage left out."""
    made = [
        (title, [waterfall(facts) for facts in material.stages if facts.stage in stages])
        for title, stages in GROUPS.items()
    ]
    return [(title, waterfalls) for title, waterfalls in made if waterfalls]


def dropped_examples(verdicts: Sequence[Verdict], unit: str, per_reason: int) -> list[Example]:
    """At most so many of each reason, as they come; what was dropped inside a record that stayed after whole records."""
    shown: dict[tuple[str, str], int] = {}
    found = []
    for verdict in sorted(verdicts, key=lambda verdict: verdict.unit != unit):
        pair = (verdict.step, verdict.reason)
        shown[pair] = shown.get(pair, 0) + 1
        if shown[pair] <= per_reason and not verdict.kept:
            found.append(
                Example(words.cut(verdict.record_id, 120), "", _why(verdict, unit), (("", words.cut(verdict.excerpt)),))
            )
    return found


def kept_examples(records: Sequence[Document | Conversation]) -> list[Example]:
    """Records that came through, their texts cut."""
    return [Example(words.cut(record.id, 120), record.language, "", _said(record)) for record in records]


def _said(record: Document | Conversation) -> tuple[tuple[str, str], ...]:
    if isinstance(record, Document):
        return (("", words.cut(record.text)),)
    return tuple((message.role, words.cut(message.content)) for message in record.messages)


def _why(verdict: Verdict, unit: str) -> str:
    """`language: not Basque (0.12, limit 0.5)`."""
    inside = "" if verdict.unit == unit else f"{verdict.unit} of a {unit}; "
    numbers = [f"{verdict.value:.3g}"] if verdict.value is not None else []
    numbers += [f"limit {verdict.threshold:.3g}"] if verdict.threshold is not None else []
    return f"{inside}{verdict.step}: {verdict.reason}" + (f" ({', '.join(numbers)})" if numbers else "")


def _inside(facts: StageFacts) -> list[str]:
    return [
        f"{words.counted(count.count, count.unit)} {'kept' if count.kept else 'dropped'}: {count.step}, {count.reason}"
        for count in facts.verdicts
        if count.unit != facts.unit and not count.kept and count.count
    ]
