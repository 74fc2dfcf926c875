"""Reviews by people: what they are shown, with what the checks said of it, and the stage that takes their decisions in."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from mintza.errors import BadInput, StudyError
from mintza.pipeline.work import Work
from mintza.progress import Progress
from mintza.records import Conversation, Language, Record, Verdict
from mintza.review import stage as review
from mintza.review.book import read_reviews
from mintza.review.decisions import fingerprint
from mintza.review.desk import Candidate, Flag, drawn
from mintza.review.settings import ReviewSettings
from mintza.store import Store
from mintza.study import Study
from mintza.study.schema import SampledComponent, TranslatedComponent
from mintza.text.identify import Identifier, cascade
from mintza.translate.margins import Margin, margins
from mintza.translate.stage import Originals

if TYPE_CHECKING:
    from mintza.pipeline.plan import Builder, Plan
    from mintza.pipeline.run import State


def reviewed(plan: Builder, name: str, node: str) -> str:
    """The node of a component after people read it: a stage of its own, where the study names the component under `review`."""
    settings = plan.settings.review
    if settings is None or name not in settings.components:
        return node
    made, originals = parents_of(plan.nodes[node].stage.name, plan.nodes[node].parents)
    path = reviews_file(plan.study, settings)
    found, missing = plan.content(lambda: _content(path, name, plan.study))
    return plan.add(
        "review",
        plan.nodes[node].cell,
        parents=(made, node, *((originals,) if originals else ())),
        settings={"review": settings.bearing(), "component": name, "reviews": found},
        make=partial(make_review, settings=settings, component=name, made=made, kept=node, originals=originals),
        needs=missing,
    )


def make_review(
    work: Work, *, settings: ReviewSettings, component: str, made: str, kept: str, originals: str | None
) -> Iterator[Record]:
    """Conversations as people left them."""
    reviews = read_reviews(reviews_file(work.study, settings))
    return review.review(
        settings,
        (one for one in reviews if one.component == component),
        made=work.records(made, Conversation),
        kept=work.records(kept, Conversation),
        originals=work.records(originals, Conversation) if originals else (),
    )


def reviews_file(study: Study, settings: ReviewSettings) -> Path:
    """Where the reviews of a study lie."""
    return (study.base / settings.file).resolve()


def parents_of(stage: str, parents: tuple[str, ...]) -> tuple[str, str | None]:
    """Of a `check` or `filter` node: the node of what it judged, and that of the originals of a translation."""
    return (parents[1], parents[0]) if stage == "check" else (parents[0], None)


def judged_node(plan: Plan, name: str) -> str:
    """The `check` or `filter` node of a component. Raises StudyError for one that nobody reviews."""
    kinds = (TranslatedComponent, SampledComponent)
    known = [other for other, one in plan.study.settings.components.items() if isinstance(one, kinds)]
    if name not in known:
        raise StudyError(
            f"there is no sampled or translated component '{name}'",
            place=str(plan.study.path),
            remedy=f"known: {', '.join(known) or 'none'}",
        )
    node = plan.component_nodes[name]
    return plan.nodes[node].parents[1] if plan.nodes[node].stage.name == "review" else node


class Laid(NamedTuple):
    """What is laid before reviewers. source: language of the originals, None where nothing was translated."""

    candidates: list[Candidate]
    target: Language
    source: Language | None


def lay_out(
    plan: Plan, store: Store, now: dict[str, State], name: str, *, at_most: int, dropped: bool, progress: Progress
) -> Laid:
    """The conversations of a component about which the checks are least sure, at most so many.

    dropped: also those that the checks or filters dropped. Raises StudyError when the component is not made yet.
    """
    node = judged_node(plan, name)
    made, originals = parents_of(plan.nodes[node].stage.name, plan.nodes[node].parents)
    artifacts = {}
    for one in (node, made, *((originals,) if originals else ())):
        found = now[one].artifact
        if found is None or not now[one].complete:
            raise StudyError(
                f"'{name}' is not made yet", place=one, remedy=f"mintza run {plan.study.typed} --only {node}"
            )
        artifacts[one] = found
    verdicts = {v.record_id: v for v in store.read(artifacts[node], Verdict) if not v.kept} if dropped else {}
    shown: Iterable[Conversation] = store.read(artifacts[node], Conversation)
    if dropped:
        everything: Iterable[Conversation] = store.read(artifacts[made], Conversation)
        kept = {one.id for one in store.read(artifacts[node], Conversation)}
        shown = (one for one in everything if one.id in kept or one.id in verdicts)
    component = plan.study.settings.components[name]
    if originals is None:
        assert isinstance(component, SampledComponent)
        target, source, measure = plan.study.language(component.language), None, None
    else:
        assert isinstance(component, TranslatedComponent)
        target, source = plan.study.target, _language_of(plan, component.of)
        others = [one for one in plan.study.languages if one.code not in (target.code, source.code)]
        measure = partial(_measured, plan, target=target.code, identifier=cascade((target, source, *others)))
    beside = Originals(store.read(artifacts[originals], Conversation) if originals else ())
    total = artifacts[node].records.get("Conversation", 0) + len(verdicts)
    candidates = _candidates(shown, beside, verdicts, measure, total, progress)
    return Laid(
        heapq.nlargest(at_most, candidates, key=lambda one: (one.uncertainty, drawn(one.conversation.id))),
        target,
        source,
    )


def _candidates(
    shown: Iterable[Conversation],
    beside: Originals,
    verdicts: dict[str, Verdict],
    measure: Callable[[Conversation, Conversation], list[Margin]] | None,
    total: int,
    progress: Progress,
) -> Iterator[Candidate]:
    for number, conversation in enumerate(shown, start=1):
        original = beside(conversation.parent_id) if measure is not None else None
        measured = measure(original, conversation) if measure is not None and original is not None else []
        verdict = verdicts.get(conversation.id)
        flags = tuple(_flag(margin) for margin in measured if verdict is None or margin.check != verdict.step)
        doubt = max((margin.doubt for margin in measured), default=0.0)
        if verdict is not None:
            flags = (Flag(verdict.step, verdict.reason, verdict.value, verdict.threshold, None, 2.0, True), *flags)
            # What a check that only says yes or no has dropped is as far from the limit as can be known.
            doubt = max(doubt, 1.0)
        yield Candidate(conversation, original, flags, max(0.0, 1 - abs(1 - doubt)))
        progress(number, total, "measuring doubt")


def _measured(
    plan: Plan, original: Conversation, translated: Conversation, *, target: str, identifier: Identifier
) -> list[Margin]:
    checks = plan.study.settings.translate.check
    return margins(checks, original, translated, target=target, identifier=identifier)


def _flag(margin: Margin) -> Flag:
    return Flag(margin.check, "", margin.value, margin.threshold, margin.turn, margin.doubt, False)


def _language_of(plan: Plan, name: str) -> Language:
    component = plan.study.settings.components[name]
    code = getattr(component, "language", plan.study.target.code)
    return plan.study.language(code)


def _content(path: Path, name: str, study: Study) -> dict[str, str]:
    if not path.is_file():
        raise BadInput(
            "there are no reviews yet",
            place=str(path),
            remedy=f"mintza review {study.typed} {name}, or take `review` out of the study",
        )
    return {"sha256": fingerprint(read_reviews(path), name)}
