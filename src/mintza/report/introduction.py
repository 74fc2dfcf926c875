"""What was studied, in one paragraph; what the page lacks, in one sentence each; how far its numbers are to be trusted."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt
from statistics import fmean

from mintza.report import words
from mintza.report.effects import Effect
from mintza.report.material import Material
from mintza.report.scorebook import Measure, ScoreBook
from mintza.report.seeds import repeated
from mintza.report.settings import ReportSettings


def paragraph(material: Material, book: ScoreBook) -> str:
    """Which language, which backbones, which mixtures, and how the models were examined."""
    target = material.target
    parts = [f"{_backbones(material)} {_trained(material)}."]
    made = [_component(facts.name, facts.records, facts.kind, material) for facts in material.components]
    if made:
        parts.append(f"What {target.name} ({target.endonym}) was taught with: {words.listed(made)}.")
    examined = _examined(material, book)
    parts.append(f"Every model was examined by {'; by '.join(examined)}." if examined else "Nothing was examined yet.")
    references = [model.name for model in material.models if model.role == "reference"]
    if references:
        parts.append(f"Beside them stand, never trained: {words.listed(references)}.")
    return " ".join(parts)


def missing(material: Material, book: ScoreBook) -> list[str]:
    """Parts of the page that are not there, and why."""
    code, name = material.target.code, material.target.name
    found = []
    if not material.measurements:
        found.append("No model has been measured, so there are no numbers on this page.")
    else:
        if not book.exams("accuracy", code):
            found.append(f"No exam in {name} was taken.")
        if not book.exams("bits_per_byte", code):
            found.append(f"Bits per byte on held-out {name} text were not measured.")
        if not book.exams("right_language", code):
            found.append(f"Whether the models answer in {name} was not measured.")
        if not material.scores:
            found.append("The scores of single items are not here, so no effect can be computed.")
    if not material.curves:
        found.append("No training has been recorded, so there are no loss curves.")
    if not material.mixtures:
        found.append("No mixture has been prepared, so there is no table of mixtures.")
    if not material.stages:
        found.append("No data stage is complete, so there are no waterfalls.")
    broken = sum(measurement.value != measurement.value for measurement in material.measurements)
    if broken:
        found.append(f"{words.counted(broken, 'measurement')} came out as not a number; no effect rests on them.")
    return found


def caveats(settings: ReportSettings, material: Material, effects: Sequence[Effect]) -> list[str]:
    """How effects are estimated and what their intervals leave out."""
    level = words.percent(settings.level)
    compared = sum(effect.pooled for effect in effects)
    said = [
        "An effect is the mean paired difference on the same items between models that differ in one thing only; several "
        "pairs of models are averaged item by item before the items are drawn again.",
        f"An effect of models trained once counts as seen when its {level} bootstrap interval ({settings.replicas:,} draws of the "
        f"items) leaves out zero and a paired permutation test gives p below {1 - settings.level:.2g}.",
        *_of_seeds(material, effects),
    ]
    if compared:
        said.append(
            f"{compared:,} comparisons were made and none is corrected for that: with no effect at all, about one in "
            f"{round(1 / (1 - settings.level)):,} would still count as seen."
        )
    return said


def _of_seeds(material: Material, effects: Sequence[Effect]) -> list[str]:
    """Whether intervals hold what another seed would change; how far seeds lie apart, measure by measure."""
    if not repeated(material):
        return [
            "Intervals hold chance in the choice of items. They do not hold what another training seed would change, and no "
            "mixture of this study was trained with two seeds."
        ]
    said = [
        "Where a mixture was trained with several seeds, intervals and p are Student's over both, the items and the seeds (two-way "
        "clustering, the spread of seeds pooled over mixtures, whose seeds are taken for independent); every mixture counts "
        "alike. What was trained once, and the untouched backbones, have intervals over items alone."
        + (" Ratings, and what factors are worth to people, have intervals over voters." if material.arena else "")
    ]
    spreads: dict[Measure, list[float]] = {}
    for effect in effects:
        if effect.differs == "mixture" and effect.measure.exam is None and effect.spread is not None:
            spreads.setdefault(effect.measure, []).append(effect.spread)
    told = [
        f"{words.what(measure, material)} {words.number(measure.kind, sqrt(fmean(s * s for s in found)))}"
        f"{words.unit(measure.kind)}"
        for measure, found in spreads.items()
    ]
    return [
        *said,
        *([f"Between the seeds of a mixture a number has a standard deviation of: {'; '.join(told)}."] if told else []),
    ]


def _backbones(material: Material) -> str:
    named = {
        model.backbone: "instructed" if model.instructed else "base"
        for model in material.models
        if model.role != "reference"
    }
    return words.listed([f"{name} ({kind})" for name, kind in named.items()]) or "No backbone"


def _trained(material: Material) -> str:
    variants = [model for model in material.models if model.role == "variant"]
    backbones = {model.backbone for model in material.models if model.role != "reference"}
    verb = "was" if len(backbones) < 2 else "were"
    if not variants:
        return f"{verb} examined, and nothing trained from {'it' if verb == 'was' else 'them'} yet"
    mixtures = list(dict.fromkeys(" + ".join(model.mixture) for model in variants))
    seeds = {model.seed for model in variants}
    return (
        f"{verb} trained into {words.counted(len(variants), 'variant')}, with {words.counted(len(mixtures), 'mixture')}"
        + (f" and {len(seeds)} seeds" if len(seeds) > 1 else "")
    )


def _component(name: str, records: int, kind: str, material: Material) -> str:
    label = words.component_label(name, material)
    if records == 0:
        return f"{label} (which came to nothing)"
    return f"{label} ({words.counted(records, 'document' if kind == 'corpus' else 'conversation')})"


def _examined(material: Material, book: ScoreBook) -> list[str]:
    codes = [material.target.code, *(language.code for language in material.also)]
    texts = [words.language_name(code, material) for code in codes if book.exams("bits_per_byte", code)]
    sat = [words.language_name(code, material) for code in codes if book.exams("accuracy", code)]
    answered = [words.language_name(code, material) for code in codes if book.exams("right_language", code)]
    parts = []
    if texts:
        parts.append(f"how well it predicts held-out text in {words.listed(texts)} (bits per byte)")
    if sat:
        exams = {exam for code in codes for exam in book.exams("accuracy", code)}
        parts.append(f"{words.counted(len(exams), 'exam')} in {words.listed(sat)}")
    if answered:
        parts.append(f"whether it answers in {words.listed(answered)} when asked in it")
    return parts
