"""The study's questions, each answered in a sentence that the sign and the interval of its effects compose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import inf, isfinite

from mintza.records import Finding
from mintza.report import words
from mintza.report.effects import Effect, component_pairs
from mintza.report.material import Material
from mintza.report.scorebook import KINDS, Kind
from mintza.report.settled import settled, settled_or_none
from mintza.report.survivors import came_to_nothing
from mintza.report.votes.people import People
from mintza.report.votes.telling import Said, predicted, singles, worth_to_people

UNSEEN = "no difference that this study can see"
SMALL = "it is too small to say"
SHORT: dict[Kind, str] = {
    "bits_per_byte": "bits per byte on held-out text",
    "accuracy": "exam accuracy",
    "right_language": "the rate of answers in the language",
}


@dataclass(frozen=True)
class Answer:
    """A question answered. headline: the first finding, which the page prints large; others: what it is composed of.

    parts: the headline in paragraphs.  apart: the effects of components by what each was added to.
    effects: what the findings state, in the same order; None for the headline.
    """

    question: str
    parts: tuple[str, ...]
    findings: tuple[Finding, ...]
    effects: tuple[Effect | None, ...]
    apart: tuple[Effect, ...] = ()

    @property
    def headline(self) -> Finding:
        """The answer in short."""
        return self.findings[0]


@dataclass(frozen=True)
class _Told:
    """Part of an answer: what the headline says, the effects behind it, what votes say, and keys that no effect names.

    apart: the same effects by what a component was added to.
    """

    text: str
    effects: tuple[Effect, ...] = ()
    keys: tuple[str, ...] = ()
    said: tuple[Said, ...] = ()
    apart: tuple[Effect, ...] = ()


def answers(material: Material, effects: Sequence[Effect], people: People | None = None) -> list[Answer]:
    """The five questions of a study, in their order. people: what the votes say."""
    target = material.target.name
    return [
        _answer(material, f"What does the {target} corpus bring?", _corpus(material, effects, people)),
        _answer(
            material, "Which instructions help: sampled, translated, written?", _instructions(material, effects, people)
        ),
        _answer(material, "Base or instructed backbone?", _backbones(material, effects, people)),
        _answer(material, "What is lost in the other languages?", _losses(material, effects)),
        _answer(material, "Do benchmarks predict what people prefer?", _votes(material, people)),
    ]


def _corpus(material: Material, effects: Sequence[Effect], people: People | None) -> list[_Told]:
    names = [facts.name for facts in material.components if facts.kind == "corpus"]
    if not names:
        return [_Told("This study has no corpus that is complete, so it cannot say.")]
    return [_component(name, material, effects, people) for name in names]


def _instructions(material: Material, effects: Sequence[Effect], people: People | None) -> list[_Told]:
    known = {facts.name: facts.kind for facts in material.components}
    names = [name for name in component_pairs(material) if known.get(name) != "corpus"]
    if not names:
        return [_Told("This study has no instructions that are complete, so it cannot say.")]
    return [_component(name, material, effects, people) for name in names]


def _component(name: str, material: Material, effects: Sequence[Effect], people: People | None) -> _Told:
    """What a component does in the target language."""
    label = words.component_label(name, material)
    empty = came_to_nothing(name, material)
    if empty is not None:
        return _Told(empty.sentence, keys=empty.keys)
    mine = _of(effects, "component", name, (material.target.code,))
    if not mine:
        text = f"No two measured models differ in {label} alone, so this study cannot say what it brings."
        return _with_votes(_Told(text), worth_to_people(people, name), material)
    apart = tuple(effect for whole in mine for effect in parts_of(whole, effects))
    text = " ".join([_together(f"adding {label}", mine, material), *_depends(mine, effects, material)])
    return _with_votes(_Told(text, tuple(mine), apart=apart), worth_to_people(people, name), material)


def parts_of(whole: Effect, effects: Sequence[Effect]) -> list[Effect]:
    """The same effect by what the component was added to."""
    same = (whole.differs, whole.subject, whole.measure)
    return [one for one in effects if not one.pooled and (one.differs, one.subject, one.measure) == same]


def _depends(
    mine: Sequence[Effect], effects: Sequence[Effect], material: Material, *, named: bool = False
) -> list[str]:
    """A sentence for each effect whose least and greatest parts have intervals that lie apart: a mean alone would mislead.

    named: say which component it is, where the effects are of several.
    """
    said = []
    for whole in mine:
        parts = sorted(parts_of(whole, effects), key=lambda one: one.value)
        if len(parts) > 1 and parts[0].high < parts[-1].low:
            told = [
                f"{words.number(whole.measure.kind, one.value, signed=True)}{words.unit(whole.measure.kind)} "
                f"({words.span(whole.measure.kind, one.low, one.high, signed=True)}) added to {words.added_to(one.pairs[0], material)}"
                for one in (parts[0], parts[-1])
            ]
            what = words.what(whole.measure, material)
            label = words.component_label(whole.subject, material)
            begun = f"How much {label} does to {what} hangs on" if named else f"In {what} how much hangs on"
            said.append(f"{begun} what it is added to: from {told[0]} to {told[1]}.")
    return said


def _with_votes(told: _Told, said: Said | None, material: Material) -> _Told:
    """The same, with what people make of it."""
    if said is None:
        return told
    keys = (*told.keys, material.artifacts["votes"]) if "votes" in material.artifacts else told.keys
    return replace(told, text=f"{told.text} {said.text}", keys=keys, said=(said,))


def _backbones(material: Material, effects: Sequence[Effect], people: People | None) -> list[_Told]:
    kinds = {model.instructed for model in material.models if model.role != "reference"}
    if len(kinds) < 2:
        only = "instructed" if True in kinds else "base"
        return [
            _Told(f"Every backbone of this study is {only}, so it cannot say." if kinds else "Nothing is measured.")
        ]
    told = []
    for subject in dict.fromkeys(effect.subject for effect in effects if effect.differs == "backbone"):
        mine = _of(effects, "backbone", subject, (material.target.code,))
        instructed, base = subject.split(" against ")
        if mine:
            start = f"starting from {instructed} (instructed) instead of {base} (base)"
            said = worth_to_people(people, f"backbone={instructed}") if base == _first_backbone(material) else None
            told.append(_with_votes(_Told(_together(start, mine, material), tuple(mine)), said, material))
    return told or [
        _Told("No instructed and base backbone were trained on the same mixture, so this study cannot say.")
    ]


def _losses(material: Material, effects: Sequence[Effect]) -> list[_Told]:
    told = []
    names = list(component_pairs(material))
    for language in material.also:
        mine = [e for name in names for e in _of(effects, "component", name, (language.code,))]
        apart = tuple(one for whole in mine for one in parts_of(whole, effects))
        text = " ".join([_loss(language.name, mine, material), *_depends(mine, effects, material, named=True)])
        told.append(_Told(text, tuple(mine), apart=apart))
    return told or [_Told("No other language was examined, so this study cannot say.")]


def _loss(language: str, mine: Sequence[Effect], material: Material) -> str:
    if not mine:
        return f"In {language} no two measured models differ in one component alone, so this study cannot say."
    parts = [
        f"adding {words.component_label(effect.subject, material)} {_seen_part(effect, SHORT[effect.measure.kind], hint='')}"
        for seen in ("worse", "better")
        for effect in mine
        if effect.seen == seen
    ]
    if not parts:
        widest = max(mine, key=lambda effect: (effect.measure.kind == "bits_per_byte", _width(effect)))
        label = words.component_label(widest.subject, material)
        return (
            f"In {language} {UNSEEN}, whatever is added; {SMALL} (the least certain: {label}, "
            f"{words.what(widest.measure, material)}, {_span(widest)})."
        )
    rest = len(mine) - len(parts)
    tail = f"; in the other {rest} comparisons {UNSEEN}" if rest > 1 else f"; in the other one {UNSEEN}" if rest else ""
    return f"In {language}, {'; '.join(parts)}{tail}."


def _votes(material: Material, people: People | None) -> list[_Told]:
    """What the votes say of the exams; every correlation is a finding."""
    measured = [key for name, key in material.artifacts.items() if name.startswith("measure/")]
    keys = tuple(dict.fromkeys([*measured, *([material.artifacts["votes"]] if "votes" in material.artifacts else [])]))
    told = [_Told(one.text, keys=keys if people else (), said=(one,)) for one in predicted(people, material)]
    behind = tuple(singles(people, material))
    return [*told[:-1], replace(told[-1], said=(*told[-1].said, *behind))]


def _first_backbone(material: Material) -> str | None:
    """That which the effects of the other backbones are against."""
    return next((model.backbone for model in material.models if model.role != "reference"), None)


def _of(effects: Sequence[Effect], differs: str, subject: str, codes: Sequence[str]) -> list[Effect]:
    """Effects over all exams and pairs, in the order of the kinds."""
    mine = [
        effect
        for effect in effects
        if (effect.differs, effect.subject) == (differs, subject)
        and effect.pooled
        and effect.measure.exam is None
        and effect.measure.language in codes
    ]
    return sorted(mine, key=lambda effect: KINDS.index(effect.measure.kind))


def _together(subject: str, effects: Sequence[Effect], material: Material) -> str:
    """One sentence for what a thing does to several measures: what is seen first, then what is not."""
    seen = [_seen_part(effect, words.what(effect.measure, material)) for effect in effects if effect.seen != "unseen"]
    unseen = [
        f"{words.what(effect.measure, material)} ({_span(effect)})" for effect in effects if effect.seen == "unseen"
    ]
    parts = [words.listed(seen)] if seen else []
    if unseen:
        parts.append(f"makes {UNSEEN} in {words.listed(unseen)}: {SMALL}")
    joined = "; it ".join(parts)
    return f"{words.capital(subject)} {joined}."


def _seen_part(effect: Effect, measure: str, *, hint: str = "; lower is better") -> str:
    """`improves exam accuracy in Basque by 7.1 points (2.0 to 12.4)`: how far, and between which bounds."""
    kind = effect.measure.kind
    verb = "improves" if effect.seen == "better" else "worsens"
    low, high = sorted((abs(effect.low), abs(effect.high)))
    bounds = words.span(kind, low, high) + (hint if kind == "bits_per_byte" else "")
    size = f"{words.number(kind, abs(effect.value))}{words.unit(kind)} ({bounds})"
    return f"{verb} {measure} by {size}"


def _width(effect: Effect) -> float:
    """How uncertain an effect is; nothing is less certain than what has no interval."""
    width = effect.high - effect.low
    return width if isfinite(width) else inf


def _span(effect: Effect) -> str:
    """`-0.100 to +0.200`, with its unit; of one item alone `no interval: 1 text`."""
    kind = effect.measure.kind
    if not effect.has_interval:
        return f"{words.NO_INTERVAL}: {words.things(kind, effect.items)}"
    return words.span(kind, effect.low, effect.high, signed=True) + words.unit(kind)


def sentence(effect: Effect, material: Material) -> str:
    """One effect in one sentence, with what it rests on: how many pairs of models and items."""
    subject = subject_of(effect, material)
    kind = effect.measure.kind
    over = f"{words.counted(len(effect.pairs), 'pair')} of models, {words.things(kind, effect.items)}"
    if effect.seeds:
        over += f", over {effect.seeds} seeds"
    if effect.templates_differ:
        over += ", asked under different chat templates"
    if effect.seen != "unseen":
        return f"{words.capital(subject)} {_seen_part(effect, words.what(effect.measure, material))}; {over}."
    middle = f"{words.number(kind, effect.value, signed=True)}{words.unit(kind)}, {_span(effect)}"
    small = SMALL
    if effect.leaves_out_zero and not effect.seeds:
        small = f"the interval leaves out zero, but luck alone does as much in {100 * effect.p:.0f} % of cases; {SMALL}"
    return f"{words.capital(subject)} makes {UNSEEN} in {words.what(effect.measure, material)} ({middle}); {small}; {over}."


def subject_of(effect: Effect, material: Material) -> str:
    """What the first of each pair has and the second has not, as the subject of a sentence."""
    if effect.differs == "component":
        return f"adding {words.component_label(effect.subject, material)}"
    if effect.differs == "backbone":
        instructed, base = effect.subject.split(" against ")
        return f"starting from {instructed} (instructed) instead of {base} (base)"
    return f"training {effect.subject}"


def _answer(material: Material, question: str, told: Sequence[_Told]) -> Answer:
    """The headline as a finding, with the number of its lead effect, then one finding for each effect behind it."""
    behind = [effect for part in told for effect in part.effects]
    voted = next((one for part in told for one in part.said if one.value is not None), None)
    lead = next((effect for effect in behind if effect.seen != "unseen"), behind[0] if behind else voted)
    plain = [key for part in told for key in part.keys]
    keys = [key for effect in behind for key in _keys(effect, material)]
    headline = Finding(
        question=question,
        answer=" ".join(part.text for part in told),
        value=settled_or_none(lead.value) if lead else None,
        low=settled_or_none(lead.low) if lead else None,
        high=settled_or_none(lead.high) if lead else None,
        artifacts=tuple(dict.fromkeys((*keys, *plain))),
    )
    each = [
        Finding(
            question=question,
            answer=sentence(effect, material),
            value=settled(effect.value),
            low=settled(effect.low),
            high=settled(effect.high),
            artifacts=_keys(effect, material),
        )
        for effect in behind
    ]
    extra = [
        Finding(
            question=question,
            answer=one.text,
            value=settled_or_none(one.value),
            low=settled_or_none(one.low),
            high=settled_or_none(one.high),
            artifacts=tuple(part.keys),
        )
        for part in told
        for one in part.said
        if one.value is not None
    ]
    findings = (headline, *each, *extra)
    apart = tuple(effect for part in told for effect in part.apart)
    return Answer(question, tuple(part.text for part in told), findings, (None, *behind, *([None] * len(extra))), apart)


def _keys(effect: Effect, material: Material) -> tuple[str, ...]:
    """Keys of the measurements of the models that are compared."""
    names = dict.fromkeys(name for pair in effect.pairs for name in pair)
    return tuple(material.artifacts[f"measure/{name}"] for name in names if f"measure/{name}" in material.artifacts)
