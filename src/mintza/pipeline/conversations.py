"""The part of the plan that comes to conversations: sampled and filtered, tried at the gate, translated and checked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from mintza.pipeline import makers, talking
from mintza.pipeline.parallel import pairs_fingerprint
from mintza.pipeline.parts import Need
from mintza.records import Language
from mintza.study.schema import InstructSettings, SampledComponent, Table, TranslatedComponent, WrittenComponent

if TYPE_CHECKING:
    from mintza.pipeline.plan import Builder


def plain(record: Language) -> dict[str, Any]:
    """A language as it enters keys: with the sha256 of its identifiers, not with where they lie."""
    fields: dict[str, Any] = msgspec.to_builtins(record)
    return fields | {"models": [{**model, "file": None} for model in fields["models"]]}


def gates(plan: Builder) -> None:
    """The gates of all translated components, before anything is made that they may make worthless."""
    table = next(iter(plan.settings.tables.values()))
    used = {name: other for other in plan.settings.tables.values() for m in other.mixtures for name in m.split("+")}
    for name, component in plan.settings.components.items():
        if isinstance(component, TranslatedComponent):
            _gated(plan, component, used.get(name, table))


def sampled(plan: Builder, name: str, component: SampledComponent, table: Table) -> str:
    """sample, judge where a filter asks for it, filter."""
    settings = plan.settings.instruct
    model = table.instruct_model or settings.sample.model or plan.parts.default_instructed(table.backbones)
    cell = f"{name}@{model}" if table.instruct_model else name
    language = plan.study.language(component.language)
    judge = settings.judge.model or plan.parts.default_instructed(table.backbones) if settings.filter.judged else None
    asked: dict[str, Any] = {
        "sample": settings.sample.bearing(),
        "model": plan.parts.asked(model),
        "language": plain(language),
    }
    prompts, missing = plan.content(lambda: talking.prompts_digest(plan.study, settings.sample, language))
    if prompts:
        asked["prompts"] = prompts
    if settings.sample.top_up:
        asked["top_up"] = {"filter": settings.filter.bearing(), **_judge(plan, settings, judge)}
    sampled_node = plan.add(
        "sample",
        cell,
        parents=(),
        settings={**asked, "component": name},
        make=partial(talking.make_sample, settings=settings, model=model, judge=judge, language=language, name=name),
        needs=(*_needs(plan, model, judge if settings.sample.top_up else None), *missing),
        execution=settings.sample.execution.model_dump(mode="json"),
        shards=settings.sample.execution.shards,
        asks=_asked(model, judge if settings.sample.top_up else None),
    )
    judged = _judged(plan, cell, sampled_node, language, judge) if judge is not None else None
    at_most = settings.sample.conversations if settings.sample.top_up else None
    return plan.add(
        "filter",
        cell,
        parents=(sampled_node, *((judged,) if judged else ())),
        settings={"filter": settings.filter.bearing(), "language": plain(language), "at_most": at_most},
        make=partial(
            talking.make_filter,
            settings=settings.filter,
            language=language,
            source=sampled_node,
            judged=judged,
            at_most=at_most,
        ),
    )


def _judged(plan: Builder, cell: str, source: str, language: Language, judge: str) -> str:
    settings = plan.settings.instruct
    return plan.add(
        "judge",
        cell,
        parents=(source,),
        settings={
            **_judge(plan, settings, judge),
            "before": [one.bearing() for one in settings.filter.before_judge],
            "language": plain(language),
        },
        make=partial(talking.make_judge, settings=settings, judge=judge, language=language, source=source),
        needs=_needs(plan, judge),
        execution=settings.judge.execution.model_dump(mode="json"),
        shards=settings.judge.execution.shards,
        asks=_asked(judge),
    )


def translated(plan: Builder, name: str, component: TranslatedComponent, table: Table) -> str:
    """translate, behind its gate where the study has one, and check."""
    settings = plan.settings.translate
    original = plan.component(component.of, table)
    source = plan.study.language(_language_of(plan, component.of))
    model = _translator(plan, table)
    cell = f"{name}@{model}" if table.translate_model or "@" in original else name
    both = {"source": plain(source), "target": plain(plan.study.target)}
    shown, missing = _pairs(plan) if settings.translate.examples else ({}, ())
    gate = _gated(plan, component, table)
    translated_node = plan.add(
        "translate",
        cell,
        parents=(original,),
        settings={
            "translate": settings.translate.bearing(),
            "model": plan.parts.asked(model),
            "component": name,
            **shown,
            **both,
        },
        make=partial(
            makers.make_translate,
            settings=settings.translate,
            model=model,
            original=original,
            source=source,
            component=name,
        ),
        needs=(*_needs(plan, model), *missing),
        execution=settings.translate.execution.model_dump(mode="json"),
        shards=settings.translate.execution.shards,
        gates=(gate,) if gate else (),
        asks=_asked(model),
    )
    return plan.add(
        "check",
        cell,
        parents=(original, translated_node),
        settings={"check": settings.check.bearing(), **both},
        make=partial(
            makers.make_check, settings=settings.check, original=original, translated=translated_node, source=source
        ),
    )


def _gated(plan: Builder, component: TranslatedComponent, table: Table) -> str | None:
    """The gate of a model and a pair of languages; None when the study has none."""
    settings = plan.settings.translate
    if settings.gate is None:
        return None
    source = plan.study.language(_language_of(plan, component.of))
    model = _translator(plan, table)
    pairs, missing = _pairs(plan)
    translate = {key: value for key, value in settings.translate.bearing().items() if key != "limit"}
    return plan.add(
        "gate",
        f"{source.code}@{model}",
        parents=(),
        settings={
            "gate": settings.gate.bearing(),
            "translate": translate,
            "check": settings.check.bearing(),
            "model": plan.parts.asked(model),
            **pairs,
            "source": plain(source),
            "target": plain(plan.study.target),
        },
        make=partial(talking.make_gate, model=model, source=source),
        needs=(*_needs(plan, model), *missing),
        passed=partial(talking.refuse_at_gate, settings=settings.gate),
        asks=_asked(model),
    )


def _translator(plan: Builder, table: Table) -> str:
    settings = plan.settings.translate.translate
    return table.translate_model or settings.model or plan.parts.default_instructed(table.backbones)


def _pairs(plan: Builder) -> tuple[dict[str, Any], tuple[Need, ...]]:
    settings = plan.settings.translate.pairs
    if settings is None:
        return {}, ()
    found, missing = plan.content(lambda: pairs_fingerprint(plan.study))
    return {"pairs": {"settings": settings.bearing(), "content": found}}, missing


def _judge(plan: Builder, settings: InstructSettings, judge: str | None) -> dict[str, Any]:
    return {} if judge is None else {"judge": settings.judge.bearing(), "judge_model": plan.parts.asked(judge)}


def _needs(plan: Builder, *models: str | None) -> tuple[Need, ...]:
    found = (plan.parts.need_to_ask(model) for model in dict.fromkeys(models) if model)
    return tuple(need for need in found if need is not None)


def _asked(*models: str | None) -> tuple[str, ...]:
    return tuple(dict.fromkeys(model for model in models if model is not None))


def _language_of(plan: Builder, name: str) -> str:
    component = plan.settings.components[name]
    assert isinstance(component, SampledComponent | WrittenComponent)
    return component.language
