"""Whether the names in a study name something: components, backbones, models, cells."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from mintza.errors import StudyError
from mintza.study.circles import check_circles
from mintza.study.schema import SampledComponent, StudySettings, Table, TranslatedComponent, WrittenComponent
from mintza.study.yaml_lines import Lines

Where = tuple[str | int, ...]


def check_names(settings: StudySettings, lines: Lines) -> None:
    """Raise StudyError at the first name that names nothing, or that stands twice where once is meant."""
    _check_components(settings, lines)
    _once((settings.language, *settings.also), "language", [("language",), *_each("also", settings.also)], lines)
    _check_models(settings, lines)
    for name, table in settings.tables.items():
        _check_table(settings, name, table, lines)
    for name, backbone in settings.backbones.items():
        if backbone.kind == "variant":
            variants = [v for t in settings.tables.values() for v in variant_names(t)]
            _known(backbone.variant, variants, "variant", ("backbones", name, "variant"), lines)
    check_circles(settings, lines)
    _check_prepare(settings, lines)
    _check_release(settings, lines)
    for index, reference in enumerate(settings.references):
        _askable(settings, reference, ("references", index), lines)
    _check_review(settings, lines)
    for index, exam in enumerate(settings.corpus.decontaminate_against):
        _known(exam, settings.exams.take, "exam", ("corpus", "decontaminate_against", index), lines)
    for index, source in enumerate(settings.corpus.sources):
        if source.budget is not None and source.budget.backbone is not None:
            where = ("corpus", "sources", index, "budget", "backbone")
            _known(source.budget.backbone, settings.backbones, "backbone", where, lines)
    _askable(settings, settings.instruct.sample.model, ("instruct", "sample", "model"), lines)
    _askable(settings, settings.instruct.judge.model, ("instruct", "judge", "model"), lines)
    _askable(settings, settings.translate.translate.model, ("translate", "translate", "model"), lines)


def check_sources(settings: StudySettings, lines: Lines) -> None:
    """Raise StudyError for a source of the corpus in a language that the study does not name; its languages must be known to exist."""
    for index, source in enumerate(settings.corpus.sources):
        codes = (settings.language, *settings.also)
        _known(source.language, codes, "language of the study", ("corpus", "sources", index, "language"), lines)


def _check_models(settings: StudySettings, lines: Lines) -> None:
    for name, model in settings.models.items():
        backbone = getattr(model, "backbone", None)
        if name in settings.backbones and backbone != name:
            raise StudyError(
                f"'{name}' is a backbone too, and this model is another",
                place=lines.place(("models", name)),
                remedy=f"give the model another name, or say how the backbone is asked, with `backbone: {name}`",
            )
        if backbone is not None:
            _known(backbone, settings.backbones, "backbone", ("models", name, "backbone"), lines)


def _check_release(settings: StudySettings, lines: Lines) -> None:
    variants = [v for t in settings.tables.values() for v in variant_names(t)]
    for index, name in enumerate(settings.release.models or ()):
        _known(name, variants, "variant", ("release", "models", index), lines)
    for name in settings.release.base_models:
        _known(name, settings.backbones, "backbone", ("release", "base_models", name), lines)


def _check_review(settings: StudySettings, lines: Lines) -> None:
    if settings.review is None:
        return
    kinds = (SampledComponent, TranslatedComponent)
    read = [name for name, one in settings.components.items() if isinstance(one, kinds)]
    for index, name in enumerate(settings.review.components):
        _known(name, read, "sampled or translated component", ("review", "components", index), lines)


def variant_names(table: Table) -> list[str]:
    """`BACKBONE.MIXTURE.sSEED` of every cell of a table, those left out included."""
    return [f"{b}.{m}.s{s}" for b in table.backbones for m in table.mixtures for s in table.seeds]


def cell_names(table: Table) -> list[str]:
    """`BACKBONE.MIXTURE` of every cell of a table."""
    return [f"{b}.{m}" for b in table.backbones for m in table.mixtures]


def _check_prepare(settings: StudySettings, lines: Lines) -> None:
    of = settings.prepare
    for field, names in (("weights", of.weights), ("token_budgets", of.token_budgets), ("held_out", of.held_out)):
        for name in names:
            _known(name, settings.components, "component", ("prepare", field, name), lines)


def _check_components(settings: StudySettings, lines: Lines) -> None:
    sources = [n for n, c in settings.components.items() if isinstance(c, SampledComponent | WrittenComponent)]
    for name, component in settings.components.items():
        if "+" in name or "." in name:
            raise StudyError(
                f"'{name}' cannot name a component", place=lines.place(("components", name)), remedy="without + and ."
            )
        if isinstance(component, TranslatedComponent):
            _known(component.of, sources, "sampled or written component", ("components", name, "of"), lines)


def _check_table(settings: StudySettings, name: str, table: Table, lines: Lines) -> None:
    here: Where = ("tables", name)
    for field in ("backbones", "seeds"):
        _once(getattr(table, field), field.removesuffix("s"), _each((*here, field), getattr(table, field)), lines)
    mixtures = [tuple(sorted(mixture.split("+"))) for mixture in table.mixtures]
    _once(mixtures, "mixture", _each((*here, "mixtures"), mixtures), lines)
    for index, backbone in enumerate(table.backbones):
        _known(backbone, settings.backbones, "backbone", (*here, "backbones", index), lines)
    for index, mixture in enumerate(table.mixtures):
        for component in mixture.split("+"):
            _known(component, settings.components, "component", (*here, "mixtures", index), lines)
        if len(set(mixture.split("+"))) < len(mixture.split("+")):
            raise StudyError(
                f"a component stands twice in '{mixture}'",
                place=lines.place((*here, "mixtures", index)),
                remedy="name each component once",
            )
    cells = cell_names(table)
    every = [cell for other in settings.tables.values() for cell in cell_names(other)]
    for index, cell in enumerate(table.without):
        _known(cell, cells, "cell", (*here, "without", index), lines)
    for cell, same in table.same_as.items():
        _known(cell, cells, "cell", (*here, "same_as", cell), lines)
        _known(same, [*settings.backbones, *every], "backbone or cell", (*here, "same_as", cell), lines)
    for field in ("instruct_model", "translate_model"):
        _askable(settings, getattr(table, field), (*here, field), lines)


def _askable(settings: StudySettings, name: str | None, where: Where, lines: Lines) -> None:
    """Raise StudyError for a model that no stage can ask: one that is not there, or one that this study has yet to train."""
    if name is None:
        return
    _known(name, [*settings.models, *settings.backbones], "model", where, lines)
    behind = name if name not in settings.models else getattr(settings.models[name], "backbone", None)
    backbone = settings.backbones.get(behind) if behind else None
    if backbone is not None and backbone.kind == "variant":
        raise StudyError(
            f"'{name}' is the variant {backbone.variant}, which this study has yet to train: no stage of it can ask it",
            place=lines.place(where),
            remedy="ask it in a study of its own: `mintza release` this one, and name there as backbone"
            f" {{kind: folder, path: RELEASE/models/{backbone.variant}}}",
        )


def _each(field: str | Where, values: Sequence[object]) -> list[Where]:
    """Where each value of a list stands."""
    here = (field,) if isinstance(field, str) else field
    return [(*here, index) for index in range(len(values))]


def _once(values: Sequence[object], what: str, places: Sequence[Where], lines: Lines) -> None:
    for index, value in enumerate(values):
        if value in values[:index]:
            said = "+".join(value) if isinstance(value, tuple) else value
            raise StudyError(
                f"the {what} '{said}' stands here twice",
                place=lines.place(places[index]),
                remedy=f"name it once (the first is at {lines.place(places[values.index(value)])})",
            )


def _known(name: str, names: Iterable[str], what: str, where: Where, lines: Lines) -> None:
    names = list(names)
    if name in names:
        return
    close = difflib.get_close_matches(name, names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    listed = ", ".join(names[:12]) + (", ..." if len(names) > 12 else "")
    raise StudyError(
        f"there is no {what} '{name}'", place=lines.place(where), remedy=f"{hint}known: {listed or 'none'}"
    )
