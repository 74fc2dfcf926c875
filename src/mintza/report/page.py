"""The page: what the other modules computed, laid out by the templates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mintza.records import ComponentCount
from mintza.report import glossary, introduction, variants, words
from mintza.report.effects import Effect
from mintza.report.figures import curves, forest
from mintza.report.laying import environment
from mintza.report.made import Made
from mintza.report.material import Material
from mintza.report.questions import Answer
from mintza.report.scorebook import ScoreBook
from mintza.report.sections.exams import clean_section, exams_section, leanings_section, tradeoff_section
from mintza.report.sections.people import people_section
from mintza.report.seeds import repeated
from mintza.report.settings import ReportSettings
from mintza.report.survivors import came_to_nothing
from mintza.report.waterfalls import dropped_examples, grouped, kept_examples
from mintza.report.wording import Words

EXAMPLES_OF_NOTHING = 3


def page(settings: ReportSettings, material: Material, made: Made) -> str:
    """One HTML page that needs nothing beside it: no script, no font, no address."""
    book, effects, said = made.book, made.effects, Words(settings.language)
    context = {
        "title": settings.title or material.title,
        "study": material.study,
        "target": material.target,
        "level": words.percent(settings.level),
        "paragraph": introduction.paragraph(material, book),
        "missing": introduction.missing(material, book),
        "caveats": introduction.caveats(settings, material, effects),
        "notes": material.notes,
        "answers": [_answer(answer, material, said) for answer in made.answers],
        "tables": _tables(material, book, effects, settings.level),
        "seeded": bool(repeated(material)),
        "gains": forest.panels(effects, material, [material.target.code]),
        "costs": forest.panels(effects, material, [language.code for language in material.also]),
        "curves": curves.curves(material.curves),
        "waterfalls": _waterfalls(settings, material),
        "nothings": _nothings(material),
        "mixtures": _mixtures(material),
        "lineage": [(f"a{place}", *row) for place, row in enumerate(material.artifacts.items())],
        "anchors": _anchors(material),
        "full": exams_section(made.full, material),
        "leanings": leanings_section(material),
        "clean": clean_section(material),
        "traded": tradeoff_section(made.tradeoff, material),
        "people": people_section(made.people, material, settings.battles),
        "browse": settings.browse,
        "terms": glossary.TERMS,
    }
    text: str = environment(said).get_template("page.html.j2").render(context)
    return text


def _answer(answer: Answer, material: Material, said: Words) -> dict[str, Any]:
    """The headline, and a line for each number behind it."""
    target = material.target.name
    return {
        "question": said(answer.question.replace(target, "{language}"), language=target),
        "parts": answer.parts,
        "keys": answer.headline.artifacts,
        "lines": _lines([effect for effect in answer.effects if effect is not None], material),
        "apart": _lines(answer.apart, material),
        "templates_differ": any(effect is not None and effect.templates_differ for effect in answer.effects),
        "seeded": any(effect is not None and effect.seeds for effect in answer.effects),
    }


def _lines(effects: Sequence[Effect], material: Material) -> list[dict[str, Any]]:
    lines = []
    for effect in effects:
        kind = effect.measure.kind
        beside = "" if effect.pooled else f", added to {words.added_to(effect.pairs[0], material)}"
        lines.append(
            {
                "seen": effect.seen,
                "subject": _subject(effect, material) + beside,
                "what": words.capital(words.what(effect.measure, material)),
                "value": words.number(kind, effect.value, signed=True) + words.unit(kind),
                "span": words.span(kind, effect.low, effect.high, signed=True),
                "over": words.over(kind, len(effect.pairs), effect.seeds, effect.items)
                + (" †" if effect.templates_differ else ""),
                "from_seeds": "" if effect.from_seeds is None else f"{100 * effect.from_seeds:.0f} %",
            }
        )
    return lines


def _subject(effect: Effect, material: Material) -> str:
    if effect.differs == "component":
        return words.capital(words.component_label(effect.subject, material))
    return effect.subject


def _tables(material: Material, book: ScoreBook, effects: Sequence[Effect], level: float) -> list[dict[str, Any]]:
    """The table of variants; with several seeds one of their means, and then one of each."""
    if not material.measurements:
        return []
    columns = variants.columns(material, book)
    each = _table("Variants", columns, variants.rows(material, effects, columns, book))
    if not repeated(material):
        return [each]
    means = _table("Variants", columns, variants.rows_over_seeds(material, effects, columns, book, level))
    return [means, {**each, "title": "Each seed", "folded": True}]


def _anchors(material: Material) -> dict[str, str]:
    """Model, or cell that equals one -> where its measurements stand in the lineage."""
    places = {name: f"a{place}" for place, name in enumerate(material.artifacts)}
    return {
        name: places[f"measure/{model.name}"]
        for model in material.models
        for name in (model.name, *model.same_as)
        if f"measure/{model.name}" in places
    } | {
        one.name: places[f"measure/{one.names[0]}"] for one in repeated(material) if f"measure/{one.names[0]}" in places
    }


def _table(title: str, columns: Sequence[variants.Column], rows: Sequence[variants.Row]) -> dict[str, Any]:
    groups: list[list[Any]] = []
    for column in columns:
        if groups and groups[-1][0] == column.group:
            groups[-1][1] += 1
        else:
            groups.append([column.group, 1])
    several = len({row.backbone for row in rows if row.role != "reference"}) > 1
    return {"title": title, "groups": groups, "columns": columns, "rows": rows, "several": several, "folded": False}


def _waterfalls(settings: ReportSettings, material: Material) -> list[dict[str, Any]]:
    most = settings.examples_per_reason
    return [
        {
            "title": title,
            "stages": [
                {
                    "flow": flow,
                    "dropped": dropped_examples(flow.facts.dropped, flow.facts.unit, most),
                    "kept": kept_examples(flow.facts.kept[:most]),
                }
                for flow in flows
            ],
        }
        for title, flows in grouped(material)
    ]


def _nothings(material: Material) -> list[dict[str, Any]]:
    """Components that came to nothing, each with a few of its lost records."""
    found = (came_to_nothing(facts.name, material) for facts in material.components)
    return [
        {
            "sentence": nothing.sentence,
            "reasons": nothing.reasons,
            "examples": dropped_examples(nothing.examples, "conversation", len(nothing.examples))[:EXAMPLES_OF_NOTHING],
        }
        for nothing in found
        if nothing is not None
    ]


def _mixtures(material: Material) -> list[dict[str, Any]]:
    fields = ("documents", "conversations", "tokens", "supervised_tokens", "split")
    return [
        {
            "variant": " = ".join(names),
            "counts": [
                {"component": count.component, "numbers": [getattr(count, field) for field in fields]}
                for count in counts
            ],
            "total": [sum(getattr(count, field) for count in counts) for field in fields],
        }
        for names, counts in _alike(material)
    ]


def _alike(material: Material) -> list[tuple[list[str], Sequence[ComponentCount]]]:
    """Variants that were trained on as much of everything, and their counts: the seeds of a mixture, and backbones of one tokenizer."""
    found: list[tuple[list[str], Sequence[ComponentCount]]] = []
    for name, counts in material.mixtures.items():
        same = next((names for names, others in found if list(others) == list(counts)), None)
        if same is None:
            found.append(([name], counts))
        else:
            same.append(name)
    return found
